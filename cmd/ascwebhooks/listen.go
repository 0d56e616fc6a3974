package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/notification"
)

func newListen(sys *system) *cobra.Command {
	l := listener{system: sys, caller: caller{look: "ascwebhooks webhooks list"}}
	var saveDir string
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Receive notifications and print the genuine ones",
		Long: `Receive notifications until interrupted, verify the signature of each, and print
the genuine ones; refused ones are logged to stderr. Of a duplicate stderr has a
line; --every-copy takes it as if it were new. With --output json each line of
stdout is a notification as App Store Connect sent it. It speaks plain HTTP: App
Store Connect reaches it through a proxy or tunnel that terminates TLS. GET
/healthz responds 200.

With --forward each genuine notification is posted to another server, body and
signature unchanged, and acknowledged only if that server responds 2xx. With
--exec a command is run for each, one at a time, and the notification is
acknowledged only if it exits 0: the payload is its standard input, and
ASC_EVENT_TYPE, ASC_EVENT_ID and a variable for each field of the event, such as
ASC_EVENT_APP_ID, are in its environment; what it prints goes to stderr. With
--save each is kept as a file first, byte for byte, for ascwebhooks notify to
send again. --event leaves out all other types: they are acknowledged, and no more.

With --webhook nothing has to reach this machine: the deliveries of a registered
webhook are read every 15 seconds, whatever became of them, and each event that is
delivered from the start on is taken as if it had been received. One that is not
taken is tried again every 15 seconds, for nine days. The webhook stays as it is, so
it may be the one that production uses. --forward signs with the first secret.

After an interrupt it finishes what is under way, but ends a command and what that
has started, within two seconds; a second interrupt ends it at once.`,
		Example: `  ascwebhooks listen --secret-file secret.txt
  ascwebhooks listen --secret-file secret.txt --save received
  ascwebhooks listen --secret-file secret.txt --event buildUploadStateUpdated --exec 'make deploy' --timeout 5m
  ascwebhooks listen --webhook 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 --secret-file secret.txt --forward http://127.0.0.1:3000/
  ascwebhooks listen --addr :8080 --secret-file new.txt --secret-file old.txt --forward http://127.0.0.1:3000/notifications`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := l.check(); err != nil {
				return err
			}
			if l.webhook == "" || l.target != "" || len(l.secretFiles) > 0 {
				if l.secrets, err = sys.listenSecrets(l.secretFiles); err != nil {
					return err
				}
			}
			if saveDir != "" {
				if l.saved, err = openDir("--save must be a directory that exists and can be written to", saveDir); err != nil {
					return err
				}
				defer func() { _ = l.saved.Close() }()
			}
			if l.webhook != "" {
				return l.call(cmd, l.poll)
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return l.run(ctx)
		},
	}
	addrFlag(cmd, &l.addr, "127.0.0.1:8080")
	cmd.Flags().StringArrayVar(&l.secretFiles, "secret-file", nil, "`path` of a file that holds a secret, - for standard input (repeatable, for a\nrotation; or the secret itself in "+secretVariable+")")
	completeFiles(cmd, "secret-file")
	cmd.Flags().StringVar(&saveDir, "save", "", "`directory` to keep genuine notifications in, a file each")
	completeFiles(cmd, "save")
	cmd.Flags().StringVar(&l.webhook, "webhook", "", "`ID` of a registered webhook whose deliveries to read, instead of listening")
	cmd.MarkFlagsMutuallyExclusive("webhook", "addr")
	l.flags(cmd)
	l.handOverFlags(cmd)
	return cmd
}

// listenSecrets reads all the files, or else takes the environment's secret.
func (s *system) listenSecrets(files []string) ([][]byte, error) {
	if len(files) == 0 {
		files = []string{""} // the environment's
	}
	if first := slices.Index(files, "-"); first >= 0 && slices.Contains(files[first+1:], "-") {
		return nil, usagef("--secret-file - can be given once: standard input holds one secret")
	}
	var secrets [][]byte
	for _, file := range files {
		secret, err := s.needSecret(file)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

// listener receives, saves, hands over and prints.
type listener struct {
	*system
	caller
	handOver
	webhook     string // empty: notifications are received
	addr        string
	secretFiles []string
	secrets     [][]byte
	saved       *os.Root // nil: nothing is saved
}

func (l *listener) run(ctx context.Context) error {
	handler, err := l.handler(ctx)
	if err != nil {
		return err
	}
	socket, url, err := listenOn(l.addr)
	if err != nil {
		return err
	}
	l.infof("Listening until Ctrl-C on %s", reach(socket, url))
	return serve(ctx, l.server(handler), socket)
}

// server waits for what takes as long as --timeout allows.
func (l *listener) server(handler http.Handler) *http.Server {
	server := notification.NewServer(l.addr, withHealth(keepSignature(handler)))
	server.WriteTimeout = max(server.WriteTimeout, 3*l.timeout+15*time.Second)
	return server
}

// handler hands over until ctx ends.
func (l *listener) handler(ctx context.Context) (*notification.Handler, error) {
	verifier, err := notification.NewVerifier(l.secrets...)
	if err != nil {
		return nil, err
	}
	l.turn, l.until = make(chan struct{}, 1), ctx
	opts := []notification.Option{
		notification.WithMalformed(l.malformed), notification.WithLogger(l.logger(slog.LevelWarn)),
		notification.WithTimeout(l.timeout), notification.WithObserver(l.tellDuplicate),
	}
	if l.everyCopy {
		opts = append(opts, notification.WithDeduplicator(everyCopy{}))
	}
	return notification.NewHandler(verifier, l.handle, opts...)
}

// withHealth responds to a health check.
func withHealth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			return
		}
		next.ServeHTTP(w, r)
	})
}

// everyCopy takes a duplicate for new.
type everyCopy struct{}

func (everyCopy) Once(ctx context.Context, _ *notification.Notification, handle func(context.Context) error) error {
	return handle(ctx)
}

func (l *listener) tellDuplicate(_ context.Context, o notification.Outcome) {
	if o.Kind == notification.OutcomeDuplicate {
		l.infof("duplicate: %s %s; with --every-copy it is taken again", oneLine(o.Notification.Type), oneLine(o.Notification.ID))
	}
}

// handle prints a notification once it has been saved and handed over.
func (l *listener) handle(ctx context.Context, n *notification.Notification) error {
	if len(l.events) > 0 && !slices.Contains(l.events, n.Type) {
		l.infof("left out: %s %s", oneLine(n.Type), oneLine(n.ID))
		return nil
	}
	if err := l.save(n.ID, n.Raw); err != nil {
		return err
	}
	if err := l.give(ctx, n, l.stderr); err != nil {
		l.infof("not handed over: %s %s: %v", oneLine(n.Type), oneLine(n.ID), err)
		return err
	}
	return l.print(json.RawMessage(n.Raw), l.text(n))
}

// malformed prints nothing; the other server may be able to read the body.
func (l *listener) malformed(ctx context.Context, body []byte) error {
	l.infof("signed but malformed: %d bytes", len(body))
	if err := l.save("", body); err != nil {
		return err
	}
	if l.target == "" {
		return notification.ErrMalformed
	}
	return l.post(ctx, body)
}

// save keeps a body if --save is given. One that cannot be saved is not
// acknowledged.
func (l *listener) save(id string, body []byte) error {
	if l.saved == nil {
		return nil
	}
	err := writeWhole(l.saved, savedName(time.Now(), id, body), body)
	if err != nil {
		l.infof("not saved: %v", err)
	}
	return err
}

func (l *listener) text(n *notification.Notification) string {
	line := summary(n)
	if len(l.secrets) > 1 {
		line += fmt.Sprintf(" secret=%d", n.SecretIndex+1)
	}
	return oneLine(line) + "\n"
}
