package main

// The command listen.

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/notification"
)

func newListen(sys *system) *cobra.Command {
	var addr, forward string
	var secretFiles []string
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Receive notifications and print those that are genuine",
		Long: `Receive notifications until it is interrupted, verify the signature of each, and
print those that are genuine; the refused ones are told on stderr. A duplicate
is not printed again. With --output json a line of stdout is a notification as
App Store Connect sent it. It speaks plain HTTP: what App Store Connect reaches
is a proxy or tunnel with TLS before it.

With --forward each genuine one is passed on, its body and signature as they
came, and is answered well only if the other server answers 2xx.`,
		Example: `  ascwebhooks listen --secret-file secret.txt
  ascwebhooks listen --addr :8080 --secret-file new.txt --secret-file old.txt --forward http://127.0.0.1:3000/notifications`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("forward") {
				if err := checkTarget("--forward", forward); err != nil {
					return err
				}
			}
			secrets, err := sys.listenSecrets(secretFiles)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return (&listener{sys: sys, secrets: secrets, forward: forward}).run(ctx, addr)
		},
	}
	addrFlag(cmd, &addr, "127.0.0.1:8080")
	cmd.Flags().StringArrayVar(&secretFiles, "secret-file", nil, "`path` of a file that holds a secret, - for standard input (repeatable, for a\nrotation; or the secret itself in "+secretVariable+")")
	cmd.Flags().StringVar(&forward, "forward", "", "`URL` to pass genuine notifications on to")
	return cmd
}

// listenSecrets reads all the files, or else takes the environment's secret.
func (s *system) listenSecrets(files []string) ([][]byte, error) {
	if value := s.getenv(secretVariable); len(files) == 0 && value != "" {
		return [][]byte{[]byte(value)}, checkSecretSize(value)
	}
	var secrets [][]byte
	fromStdin := 0
	for _, file := range files {
		if file == "-" {
			fromStdin++
		}
		if fromStdin > 1 {
			return nil, usagef("--secret-file - can be given once: standard input holds one secret")
		}
		secret, err := s.readSecret(file)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	if len(secrets) == 0 {
		return nil, usagef("the secret is missing: give --secret-file or set %s", secretVariable)
	}
	return secrets, nil
}

// listener receives, prints and passes on.
type listener struct {
	sys     *system
	secrets [][]byte
	forward string

	mu sync.Mutex // one line at a time
}

func (l *listener) run(ctx context.Context, addr string) error {
	verifier, err := notification.NewVerifier(l.secrets...)
	if err != nil {
		return err
	}
	handler, err := notification.NewHandler(verifier, l.handle,
		notification.WithMalformed(l.malformed), notification.WithLogger(l.sys.logger(slog.LevelWarn)))
	if err != nil {
		return err
	}
	socket, err := listenOn(addr)
	if err != nil {
		return err
	}
	l.sys.say("Listening on %s. Ctrl-C ends it.", urlOf(socket))
	return serve(ctx, notification.NewServer(addr, keepSignature(handler)), socket)
}

// handle prints a notification once it has been passed on.
func (l *listener) handle(ctx context.Context, n *notification.Notification) error {
	if l.forward != "" {
		if err := passOn(ctx, l.forward, n.Raw); err != nil {
			l.sys.say("not passed on: %s %s: %v", oneLine(n.Type), oneLine(n.ID), err)
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sys.print(json.RawMessage(n.Raw), l.text(n))
}

// malformed has no document to print, but the other server may know better.
func (l *listener) malformed(ctx context.Context, body []byte) error {
	l.sys.say("signed but malformed: %d bytes", len(body))
	if l.forward == "" {
		return notification.ErrMalformed
	}
	return passOn(ctx, l.forward, body)
}

func (l *listener) text(n *notification.Notification) string {
	at := "(no time)"
	if !n.Timestamp.IsZero() {
		at = n.Timestamp.Format(time.RFC3339)
	}
	line := fmt.Sprintf("%s %s %s", at, n.Type, n.ID)
	if told := describe(n.Event); told != "" {
		line += " " + told
	}
	if len(l.secrets) > 1 {
		line += fmt.Sprintf(" secret=%d", n.SecretIndex+1)
	}
	return oneLine(line) + "\n"
}
