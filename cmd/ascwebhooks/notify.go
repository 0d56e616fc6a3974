package main

// The command notify.

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/notification"
)

const maxNotifyBody = 1 << 20

func newNotify(sys *system) *cobra.Command {
	var event eventFlags
	var bodyFile, secretFile string
	var forge bool
	cmd := &cobra.Command{
		Use:   "notify URL",
		Short: "Sign a notification and post it to a receiver, to test it",
		Long: `Sign a notification as App Store Connect does and post it to a receiver, to test
it. The answer's status is printed; anything but 2xx fails. With --forge anything
but 401 does, since a receiver has to refuse a forgery.`,
		Example: `  ascwebhooks notify http://127.0.0.1:8080/ --secret-file secret.txt
  ascwebhooks notify http://127.0.0.1:8080/ --secret-file secret.txt --type AppUnavailable --app-id 6478000001
  ascwebhooks notify http://127.0.0.1:8080/ --forge`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("notify wants one URL")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkTarget("the URL", args[0]); err != nil {
				return err
			}
			body, id, err := sys.notifyBody(cmd, event, bodyFile)
			if err != nil {
				return err
			}
			secret := []byte(rand.Text()) // nobody else has it: a forgery
			if !forge {
				if secret, err = sys.needSecret(cmd); err != nil {
					return err
				}
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return sys.notify(ctx, args[0], id, body, notification.Sign(secret, body), forge)
		},
	}
	event.flags(cmd)
	cmd.Flags().StringVar(&bodyFile, "body-file", "", "`path` of a file whose bytes are the body, - for standard input")
	cmd.Flags().BoolVar(&forge, "forge", false, "sign with a secret that nobody has")
	secretFlag(cmd, &secretFile)
	return cmd
}

// notifyBody returns the body to send, and its notification's id if it is one of ours.
func (s *system) notifyBody(cmd *cobra.Command, event eventFlags, bodyFile string) (body []byte, id string, err error) {
	if err := cmp.Or(contradiction(cmd, "body-file", eventFlagNames()...), contradiction(cmd, "forge", "secret-file")); err != nil {
		return nil, "", err
	}
	if !cmd.Flags().Changed("body-file") {
		n, err := event.notification(cmd)
		if err != nil {
			return nil, "", err
		}
		body, err := json.Marshal(n)
		return body, n.ID, err
	}
	if bodyFile == "-" && cmd.Flags().Lookup("secret-file").Value.String() == "-" {
		return nil, "", usagef("--body-file and --secret-file can't both be standard input")
	}
	body, err = s.readInput("--body-file", bodyFile, maxNotifyBody+1)
	if len(body) > maxNotifyBody {
		return nil, "", errors.New("--body-file: over 1 MiB")
	}
	return body, "", err
}

func (s *system) notify(ctx context.Context, target, id string, body []byte, signature string, forged bool) error {
	status, err := post(ctx, target, body, signature)
	if err != nil {
		return fmt.Errorf("posting the notification: %w", err)
	}
	document := struct {
		Status int    `json:"status"`
		ID     string `json:"id,omitempty"`
	}{status, id}
	if err := s.print(document, statusText(status)+"\n"); err != nil {
		return err
	}
	switch {
	case status == http.StatusUnauthorized && forged:
		s.say("The receiver refused the forgery, as it should.")
		return nil
	case status/100 == 2 && forged:
		return fmt.Errorf("the receiver answered %s to a forgery: it does not verify signatures", statusText(status))
	case status/100 == 2:
		return nil
	case status == http.StatusUnauthorized:
		return fmt.Errorf("the receiver answered %s. Check that it has the same secret, to the last byte", statusText(status))
	}
	return fmt.Errorf("the receiver answered %s", statusText(status))
}
