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
	l := listener{system: sys}
	var addr, saveDir string
	var secretFiles []string
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Receive notifications and print the genuine ones",
		Long: `Receive notifications until interrupted, verify the signature of each, and print
the genuine ones; refused ones are logged to stderr. A duplicate is not printed
again. With --output json each line of stdout is a notification as App Store
Connect sent it. It speaks plain HTTP: App Store Connect reaches it through a
proxy or tunnel that terminates TLS.

With --forward each genuine notification is posted to another server, body and
signature unchanged, and acknowledged only if that server responds 2xx. With
--save each is kept as a file first, byte for byte, for ascwebhooks notify to
send again. After an interrupt it finishes what is under way; a second one ends
it at once.`,
		Example: `  ascwebhooks listen --secret-file secret.txt
  ascwebhooks listen --secret-file secret.txt --save received
  ascwebhooks listen --addr :8080 --secret-file new.txt --secret-file old.txt --forward http://127.0.0.1:3000/notifications`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if l.forward != "" {
				if err := checkTarget("--forward", l.forward); err != nil {
					return err
				}
			}
			if l.secrets, err = sys.listenSecrets(secretFiles); err != nil {
				return err
			}
			if saveDir != "" {
				if l.saved, err = openDir("--save must be a directory that exists and can be written to", saveDir); err != nil {
					return err
				}
				defer func() { _ = l.saved.Close() }()
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return l.run(ctx, addr)
		},
	}
	addrFlag(cmd, &addr, "127.0.0.1:8080")
	cmd.Flags().StringArrayVar(&secretFiles, "secret-file", nil, "`path` of a file that holds a secret, - for standard input (repeatable, for a\nrotation; or the secret itself in "+secretVariable+")")
	completeFiles(cmd, "secret-file")
	cmd.Flags().StringVar(&l.forward, "forward", "", "`URL` to post genuine notifications to")
	cmd.Flags().StringVar(&saveDir, "save", "", "`directory` to keep genuine notifications in, a file each")
	completeFiles(cmd, "save")
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

// listener receives, saves, forwards and prints.
type listener struct {
	*system
	secrets [][]byte
	forward string
	saved   *os.Root // nil: nothing is saved
}

func (l *listener) run(ctx context.Context, addr string) error {
	verifier, err := notification.NewVerifier(l.secrets...)
	if err != nil {
		return err
	}
	handler, err := notification.NewHandler(verifier, l.handle,
		notification.WithMalformed(l.malformed), notification.WithLogger(l.logger(slog.LevelWarn)))
	if err != nil {
		return err
	}
	socket, url, err := listenOn(addr)
	if err != nil {
		return err
	}
	l.infof("Listening until Ctrl-C on %s", reach(socket, url))
	return serve(ctx, notification.NewServer(addr, keepSignature(handler)), socket)
}

// handle prints a notification once it has been saved and forwarded.
func (l *listener) handle(ctx context.Context, n *notification.Notification) error {
	if err := l.save(n.ID, n.Raw); err != nil {
		return err
	}
	if l.forward != "" {
		if err := l.pass(ctx, n.Raw); err != nil {
			l.infof("not forwarded: %s %s: %v", oneLine(n.Type), oneLine(n.ID), err)
			return err
		}
	}
	return l.print(json.RawMessage(n.Raw), l.text(n))
}

// malformed prints nothing; the other server may be able to read the body.
func (l *listener) malformed(ctx context.Context, body []byte) error {
	l.infof("signed but malformed: %d bytes", len(body))
	if err := l.save("", body); err != nil {
		return err
	}
	if l.forward == "" {
		return notification.ErrMalformed
	}
	return l.pass(ctx, body)
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

type signatureKey struct{}

// keepSignature leaves the signature header where pass finds it.
func keepSignature(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), signatureKey{}, r.Header.Get(notification.SignatureHeader))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// pass forwards a body with the signature that it came with.
func (l *listener) pass(ctx context.Context, body []byte) error {
	signature, _ := ctx.Value(signatureKey{}).(string)
	return forward(ctx, l.forward, body, signature)
}

func (l *listener) text(n *notification.Notification) string {
	line := summary(n)
	if len(l.secrets) > 1 {
		line += fmt.Sprintf(" secret=%d", n.SecretIndex+1)
	}
	return oneLine(line) + "\n"
}
