package main

// Which App Store Connect is called, and with which key.

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// connection holds the flags of the commands that call App Store Connect.
type connection struct {
	key       keyFlags
	baseURL   string
	transport func(http.RoundTripper) http.RoundTripper // nil: as it is
}

func (c *connection) flags(cmd *cobra.Command) {
	c.key.flags(cmd)
	cmd.Flags().StringVar(&c.baseURL, "base-url", "", "`URL` of App Store Connect, or of a sandbox (or ASC_BASE_URL; default "+wrapper.DefaultBaseURL+")")
}

// call makes a client and does one thing with it. Ctrl-C ends it in good
// order, so that a create which was interrupted says that it may have happened.
func (c *connection) call(ctx context.Context, sys *system, do func(context.Context, *wrapper.Client) error) error {
	key, err := auth.FindKey(auth.KeyHint(c.key))
	if err != nil {
		return advise(err, auth.Key{})
	}
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return advise(err, key)
	}
	transport := http.DefaultTransport
	if c.transport != nil {
		transport = c.transport(transport)
	}
	client, err := wrapper.NewClient(tokens,
		wrapper.WithBaseURL(cmp.Or(c.baseURL, sys.getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL)),
		wrapper.WithUserAgent("ascwebhooks/"+readVersion().Version),
		wrapper.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		return advise(err, key)
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	err = do(ctx, client)
	if _, usage := errors.AsType[*usageError](err); usage {
		return err
	}
	return advise(err, key)
}

// keyFlags are the flags that say which API key to use.
type keyFlags auth.KeyHint

func (k *keyFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.KeyID, "key-id", "", "`ID` of the API key (or ASC_KEY_ID, or the name of the key file)")
	cmd.Flags().StringVar(&k.IssuerID, "issuer-id", "", "issuer `ID` of a team key (or ASC_ISSUER_ID; none for an individual key)")
	cmd.Flags().StringVar(&k.File, "key-file", "", "`path` of the AuthKey .p8 file (or ASC_PRIVATE_KEY_PATH, or its content in\nASC_PRIVATE_KEY, or AuthKey_<ID>.p8 in one of Apple's usual folders)")
}

// interruptible returns a context that ends with Ctrl-C, SIGTERM, or the
// terminal. A second signal ends the process.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
