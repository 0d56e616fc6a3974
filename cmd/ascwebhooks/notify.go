package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/notification"
)

const maxNotifyBody = 1 << 20

// notifier holds the flags of notify.
type notifier struct {
	*system
	event            eventFlags
	from, secretFile string
	forge            bool
}

func newNotify(sys *system) *cobra.Command {
	n := &notifier{system: sys}
	cmd := &cobra.Command{
		Use:   "notify URL",
		Short: "Sign a notification and post it to a receiver, to test it",
		Long: `Sign a notification as App Store Connect does and post it to a receiver, to test
it. It prints the status of the response; anything but 2xx is a failure. With
--forge anything but 401 is a failure, since a receiver must refuse a forgery.`,
		Example: `  ascwebhooks notify http://127.0.0.1:8080/ --secret-file secret.txt
  ascwebhooks notify http://127.0.0.1:8080/ --secret-file secret.txt --type AppUnavailable --field app_id=6478000001
  ascwebhooks notify http://127.0.0.1:8080/ --secret-file secret.txt --from saved.json
  ascwebhooks notify http://127.0.0.1:8080/ --forge`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkTarget("the URL", args[0]); err != nil {
				return err
			}
			body, id, err := n.body()
			if err != nil {
				return err
			}
			secret := []byte(rand.Text()) // nobody has it
			if !n.forge {
				if secret, err = n.needSecret(n.secretFile); err != nil {
					return err
				}
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return n.post(ctx, args[0], id, body, notification.Sign(secret, body))
		},
	}
	n.event.add(cmd)
	cmd.Flags().StringVar(&n.from, "from", "", "`path` of a file whose bytes are posted, such as one that listen --save\nwrote, - for standard input")
	completeFiles(cmd, "from")
	cmd.Flags().BoolVar(&n.forge, "forge", false, "sign with a random secret")
	secretFlag(cmd, &n.secretFile)
	cmd.MarkFlagsMutuallyExclusive("forge", "secret-file")
	for _, name := range []string{"type", "id", "field"} {
		cmd.MarkFlagsMutuallyExclusive("from", name)
	}
	return cmd
}

// body returns the body to send, and the notification's ID if it is one of ours.
func (n *notifier) body() (body []byte, id string, err error) {
	if n.from == "" {
		notification, err := n.event.notification()
		if err != nil {
			return nil, "", err
		}
		body, err := json.Marshal(notification)
		return body, notification.ID, err
	}
	if n.from == "-" && n.secretFile == "-" {
		return nil, "", usagef("--from and --secret-file cannot both be standard input")
	}
	body, err = n.readInput("--from", n.from, maxNotifyBody+1)
	if len(body) > maxNotifyBody {
		return nil, "", usagef("--from: over 1 MiB")
	}
	return body, "", err
}

func (n *notifier) post(ctx context.Context, target, id string, body []byte, signature string) error {
	status, err := post(ctx, target, body, signature)
	if err != nil {
		return fmt.Errorf("posting the notification: %w", err)
	}
	document := struct {
		Status int    `json:"status"`
		ID     string `json:"id,omitempty"`
	}{status, id}
	if err := n.print(document, statusText(status)+"\n"); err != nil {
		return err
	}
	switch {
	case n.forge && status == http.StatusUnauthorized:
		n.infof("The receiver refused the forgery, as it should.")
		return nil
	case n.forge && status/100 == 2:
		return fmt.Errorf("the receiver responded %s to a forgery: it does not verify signatures", statusText(status))
	case !n.forge && status/100 == 2:
		return nil
	case !n.forge && status == http.StatusUnauthorized:
		return fmt.Errorf("the receiver responded %s. Check that it has the same secret, to the last byte", statusText(status))
	}
	return fmt.Errorf("the receiver responded %s", statusText(status))
}
