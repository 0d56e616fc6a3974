package main

// Which App Store Connect is called, and with which key.

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// caller holds the flags of the commands that call App Store Connect.
type caller struct {
	key     auth.KeyHint
	baseURL string
	look    string // the command that shows what is registered
}

// flags adds them to a command and those below it.
func (c *caller) flags(cmd *cobra.Command) {
	keyFlags(cmd, &c.key)
	cmd.PersistentFlags().StringVar(&c.baseURL, "base-url", "",
		"`URL` of App Store Connect, or of a sandbox (or ASC_BASE_URL; default\n"+wrapper.DefaultBaseURL+
			");\nover TLS, unless it is this machine's, or ASC_PLAIN_HTTP_HOST names its host:\n"+
			"for tests whose sandbox is in another container")
}

func keyFlags(cmd *cobra.Command, key *auth.KeyHint) {
	f := cmd.PersistentFlags()
	f.StringVar(&key.KeyID, "key-id", "", "`ID` of the API key (or ASC_KEY_ID, or the name of the key file)")
	f.StringVar(&key.IssuerID, "issuer-id", "", "issuer `ID` of a team key (or ASC_ISSUER_ID; an individual key\nhas none: ASC_KEY_TYPE=individual says so)")
	f.StringVar(&key.File, "key-file", "", "`path` of the AuthKey .p8 file, or of fastlane's JSON (or\nASC_PRIVATE_KEY_PATH, or its content in ASC_PRIVATE_KEY, or AuthKey_<ID>.p8\nin one of Apple's usual folders)")
	completeFiles(cmd, "key-file")
}

// call makes a client and passes it to do. Ctrl-C ends do's context, so a
// create that was interrupted says that it may have happened.
func (c *caller) call(cmd *cobra.Command, do func(context.Context, *wrapper.Client) error) error {
	key, tokens, err := newTokenSource(c.key)
	if err != nil {
		return err
	}
	opts := []wrapper.Option{
		wrapper.WithHTTPClient(&http.Client{Transport: rehearsable{c.transport()}}),
		wrapper.WithBaseURL(c.server()),
		wrapper.WithUserAgent(userAgent()),
	}
	if host := plainHTTPHost(); host != "" {
		opts = append(opts, wrapper.WithPlainHTTP(host))
	}
	client, err := wrapper.NewClient(tokens, opts...)
	if err != nil {
		return usagef("--base-url or ASC_BASE_URL: %w", &advisedError{err: err})
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	if err := do(ctx, client); err != nil {
		return &advisedError{err, c.advice(err, key)}
	}
	return nil
}

// plainHTTPHost is for tests whose sandbox is in another container, and for nothing else: the token can be read on the way.
func plainHTTPHost() string { return os.Getenv("ASC_PLAIN_HTTP_HOST") }

// transport uses no proxy without TLS: it would be elsewhere, and could read the token.
func (c *caller) transport() http.RoundTripper {
	shared, ok := http.DefaultTransport.(*http.Transport)
	if u, err := url.Parse(c.server()); !ok || err != nil || u.Scheme != "http" || plainHTTPHost() == "" {
		return http.DefaultTransport
	}
	direct := shared.Clone()
	direct.Proxy = nil
	return direct
}

func (c *caller) server() string {
	return cmp.Or(c.baseURL, os.Getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL)
}

func newTokenSource(hint auth.KeyHint, opts ...auth.Option) (auth.Key, *auth.TokenSource, error) {
	key, err := auth.FindKey(hint)
	if err != nil {
		return auth.Key{}, nil, usageError{&advisedError{err: err}}
	}
	tokens, err := auth.NewTokenSource(key, opts...)
	if err != nil {
		return auth.Key{}, nil, usageError{&advisedError{err: err}}
	}
	return key, tokens, nil
}
