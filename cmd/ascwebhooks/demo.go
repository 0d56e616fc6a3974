package main

// The demo: a whole life of the webhook, told step by step.

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func newDemo(sys *system) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the whole path, without an account",
		Long: `Register a webhook, read it, change it, receive a notification of each type,
refuse a forged one, delete the webhook: against an App Store Connect in memory,
over this machine's loopback only, with each HTTP exchange. No account is needed.`,
		Example: "  ascwebhooks demo\n  ascwebhooks demo --output json | jq -r .step",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return sys.demo(ctx)
		},
	}
}

// demo is the stage: both servers, the client, and what they share.
type demo struct {
	fake         *asctest.Handler
	client       *wrapper.Client
	webhook      wrapper.MarketplaceWebhook
	receiverURL  string
	first, later string // secrets
	received     chan *notification.Notification
	watcher      watcher
}

func (s *system) demo(ctx context.Context) error {
	d := &demo{first: rand.Text(), later: rand.Text(), received: make(chan *notification.Notification, 1)}
	d.watcher.redact = strings.NewReplacer(d.first, redacted, d.later, redacted)
	receiver, err := d.setUp()
	if err != nil {
		return err
	}
	baseURL, stop, err := background(d.watcher.watch(d.fake))
	if err != nil {
		return err
	}
	defer stop()
	if d.receiverURL, stop, err = background(d.watcher.watch(receiver)); err != nil {
		return err
	}
	defer stop()
	tokens, err := auth.NewTokenSource(auth.Key(d.fake.Key()))
	if err != nil {
		return err
	}
	if d.client, err = wrapper.NewClient(tokens, wrapper.WithBaseURL(baseURL)); err != nil {
		return err
	}
	if s.output != "json" {
		_, _ = fmt.Fprintf(s.stdout, "The life of a marketplace webhook, on this machine only.\n"+
			"App Store Connect, in memory:  %s\nThe marketplace's receiver:    %s\n", baseURL, d.receiverURL)
	}
	return s.tell(ctx, d)
}

// setUp makes the App Store Connect, and returns the receiver.
func (d *demo) setUp() (receiver http.Handler, err error) {
	quiet := slog.New(slog.DiscardHandler)
	if d.fake, err = asctest.New(asctest.WithLogger(quiet)); err != nil {
		return nil, err
	}
	verifier, err := notification.NewVerifier([]byte(d.first), []byte(d.later))
	if err != nil {
		return nil, err
	}
	return notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		d.received <- n
		return nil
	}, notification.WithLogger(quiet))
}

// tell goes through the steps and shows each.
func (s *system) tell(ctx context.Context, d *demo) error {
	for number, step := range d.steps() {
		outcome, err := step.do(ctx)
		if err != nil {
			return fmt.Errorf("step %d, %s: %w", number+1, step.title, err)
		}
		if err := s.printStep(number+1, step.title, outcome, d.watcher.take()); err != nil {
			return err
		}
	}
	s.say("Done. Next: 'ascwebhooks sandbox' keeps such an App Store Connect running for your own service.")
	return nil
}

func (s *system) printStep(number int, title, outcome string, exchanges []exchange) error {
	document := struct {
		Step      string     `json:"step"`
		Outcome   string     `json:"outcome"`
		Exchanges []exchange `json:"exchanges"`
	}{title, outcome, exchanges}
	text := fmt.Sprintf("\n%d. %s\n", number, title)
	for _, e := range exchanges {
		text += "\n" + strings.ReplaceAll("   "+strings.TrimSuffix(e.text(), "\n"), "\n", "\n   ") + "\n"
	}
	text = strings.ReplaceAll(text, "\n   \n", "\n\n")
	return s.print(document, text+"\n   = "+outcome+"\n")
}

// background serves on a free loopback port until stop is called.
func background(handler http.Handler) (url string, stop func(), err error) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := notification.NewServer("", handler)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(socket) // always ErrServerClosed, by stop
	}()
	return urlOf(socket), func() { _ = server.Close(); <-ended }, nil
}
