package main

// The demo: the whole life of a webhook of either resource, step by step.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func newDemo(sys *system) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the whole life of a webhook, without an account",
		Long: `Register a webhook of each resource, change it, ping it, receive notifications,
refuse a forged one, have a failed one delivered again and delete the webhooks:
against App Store Connect in memory, over this machine's loopback only, showing
each HTTP exchange. No account is needed.`,
		Example: "  ascwebhooks demo\n  ascwebhooks demo --output json | jq -r .step",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return (&demo{system: sys}).run(ctx)
		},
	}
}

// demo is both servers, the client, and what the steps share.
type demo struct {
	*system
	fake         *asctest.Handler
	client       *wrapper.Client
	marketplace  wrapper.MarketplaceWebhook
	webhook      wrapper.Webhook
	receiverURL  string
	first, later string // secrets
	received     chan *notification.Notification
	failing      atomic.Bool // the receiver handles nothing
	shown        int         // how much of the fake's record
	redact       *strings.Replacer
}

func (d *demo) run(ctx context.Context) (err error) {
	d.first, d.later = rand.Text(), rand.Text()
	d.received = make(chan *notification.Notification, 1)
	d.redact = strings.NewReplacer(d.first, redacted, d.later, redacted)
	quiet := slog.New(slog.DiscardHandler)
	if d.fake, err = asctest.New(fakeOptions(quiet)...); err != nil {
		return err
	}
	defer func() { _ = d.fake.Close() }()
	receiver, err := d.newReceiver(quiet)
	if err != nil {
		return err
	}
	baseURL, stop, err := background(d.fake)
	if err != nil {
		return err
	}
	defer stop()
	if d.receiverURL, stop, err = background(receiver); err != nil {
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
	if d.output != "json" {
		_, _ = fmt.Fprintf(d.stdout, "The life of webhooks, on this machine only.\n"+
			"App Store Connect, in memory:  %s\nThe marketplace's receiver:    %s\n", baseURL, d.receiverURL)
	}
	return d.runSteps(ctx)
}

func (d *demo) newReceiver(logger *slog.Logger) (http.Handler, error) {
	verifier, err := notification.NewVerifier([]byte(d.first), []byte(d.later))
	if err != nil {
		return nil, err
	}
	return notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		if d.failing.Load() {
			return errors.New("this time the receiver fails")
		}
		d.received <- n
		return nil
	}, notification.WithLogger(logger))
}

func (d *demo) runSteps(ctx context.Context) error {
	for i, step := range d.steps() {
		outcome, err := step.do(ctx)
		if err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
		if err := d.printStep(i+1, step.title, outcome); err != nil {
			return err
		}
	}
	d.infof("Done. Next: 'ascwebhooks sandbox' keeps such an App Store Connect running for your own service.")
	return nil
}

func (d *demo) printStep(number int, title, outcome string) error {
	document := struct {
		Step      string     `json:"step"`
		Outcome   string     `json:"outcome"`
		Exchanges []exchange `json:"exchanges"`
	}{title, outcome, d.exchanges()}
	text := fmt.Sprintf("\n%d. %s\n", number, title)
	for _, e := range document.Exchanges {
		for line := range strings.Lines("\n" + e.text()) {
			text += strings.TrimRight("   "+line, " \n") + "\n"
		}
	}
	return d.print(document, text+"\n   = "+outcome+"\n")
}

// background serves on a free loopback port until stop is called.
func background(handler http.Handler) (url string, stop func(), err error) {
	listener, url, err := listenOn("127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := notification.NewServer("", handler)
	go func() { _ = server.Serve(listener) }()
	return url, func() { _ = server.Close() }, nil
}
