package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/internal/sandbox"
)

func newSandbox(sys *system) *cobra.Command {
	var addr, controlAddr string
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run App Store Connect in memory, to try things on",
		Long: `Run App Store Connect in memory, for one account, until interrupted. It verifies
tokens, validates every request against Apple's OpenAPI document, keeps webhooks,
and posts pings and redeliveries. The account has one marketplace app and one
package version. It prints what another shell needs: its address, the API key
made for it and their IDs. Each request is logged to stderr.

Beside it is a page that shows every call and every notification, sends events,
and makes calls fail, and the control API that does the same for tests in any
language. Both are on --control-addr, which has to be on this machine.`,
		Example: `  ascwebhooks sandbox
  ascwebhooks sandbox --addr 127.0.0.1:8081 --output json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return sys.runSandbox(ctx, addr, controlAddr)
		},
	}
	addrFlag(cmd, &addr, "127.0.0.1:0")
	cmd.Flags().StringVar(&controlAddr, "control-addr", "127.0.0.1:0", "`address` of the page and the control API, on this machine; port 0 takes\na free one")
	return cmd
}

// fakeOptions give App Store Connect an app, and what the events of package sample are about.
func fakeOptions(logger *slog.Logger) []asctest.Option {
	options := []asctest.Option{asctest.Settings{Logger: logger}, asctest.WithApp(sample.MarketplaceAppID),
		asctest.PackageVersion{
			PackageFile: asctest.PackageFile{ID: sample.PackageVersionID, Content: []byte("an alternative distribution package")},
			PackageID:   sample.PackageID,
			Version:     "1",
			Variants:    []asctest.PackageFile{{Content: []byte("a variant of it")}},
		},
	}
	for _, r := range sample.Resources() {
		options = append(options, r)
	}
	return options
}

// sandboxDocument is what a client of the sandbox needs.
type sandboxDocument struct {
	BaseURL          string `json:"base_url"`
	KeyID            string `json:"key_id"`
	IssuerID         string `json:"issuer_id"`
	KeyFile          string `json:"key_file"`
	AppID            string `json:"app_id"`
	PackageVersionID string `json:"package_version_id"`
	ControlURL       string `json:"control_url"`
}

func (s *system) runSandbox(ctx context.Context, addr, controlAddr string) error {
	box, err := sandbox.New(fakeOptions(s.logger(slog.LevelDebug))...)
	if err != nil {
		return err
	}
	defer func() { _ = box.Fake.Close() }()
	listener, url, err := listenOn(addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	control, err := sandbox.Listen(controlAddr)
	if err != nil {
		return usagef("--control-addr: %v", err)
	}
	defer func() { _ = control.Close() }()
	folder, err := os.MkdirTemp("", "ascwebhooks-sandbox-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	key := box.Fake.Key()
	document := sandboxDocument{
		BaseURL: url, KeyID: key.ID, IssuerID: key.IssuerID, KeyFile: filepath.Join(folder, "AuthKey_"+key.ID+".p8"),
		AppID: sample.MarketplaceAppID, PackageVersionID: sample.PackageVersionID, ControlURL: "http://" + control.Addr().String(),
	}
	if err := os.WriteFile(document.KeyFile, key.PEM(), 0o600); err != nil {
		return err
	}
	s.infof("Page and control API on %s", document.ControlURL)
	s.infof("App Store Connect in memory, until Ctrl-C, on %s", reach(listener, url))
	if err := s.print(document, exports(document)); err != nil {
		return err
	}
	return serveSandbox(ctx, box, listener, control)
}

// serveSandbox serves both listeners until ctx ends or one of them fails.
func serveSandbox(ctx context.Context, box *sandbox.Sandbox, listener, control net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// A ReadTimeout would end streams of events; ctx ends them, since Shutdown waits for them.
	server := &http.Server{Handler: box, ReadHeaderTimeout: 10 * time.Second}
	server.BaseContext = func(net.Listener) context.Context { return ctx }
	server.RegisterOnShutdown(func() { _ = box.Fake.Close() })
	controlled := make(chan error, 1)
	go func() {
		defer cancel()
		controlled <- serve(ctx, server, control)
	}()
	err := serve(ctx, &http.Server{Handler: box.Fake, ReadTimeout: 30 * time.Second}, listener)
	cancel()
	return errors.Join(err, <-controlled)
}

// exports are lines for another shell, in which a key in ASC_PRIVATE_KEY would
// take precedence over the sandbox's file.
func exports(d sandboxDocument) string {
	var b strings.Builder
	for _, variable := range [][2]string{
		{"ASC_BASE_URL", d.BaseURL}, {"ASC_KEY_ID", d.KeyID}, {"ASC_ISSUER_ID", d.IssuerID}, {"ASC_PRIVATE_KEY_PATH", d.KeyFile},
		{"ASC_APP_ID", d.AppID}, {"ASC_CONTROL_URL", d.ControlURL},
	} {
		fmt.Fprintf(&b, "export %s=%s\n", variable[0], shellQuote(variable[1]))
	}
	b.WriteString("unset ASC_PRIVATE_KEY\n")
	return b.String()
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
