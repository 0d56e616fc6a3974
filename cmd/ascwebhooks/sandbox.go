package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/asctest"
)

func newSandbox(sys *system) *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run App Store Connect in memory, to try things on",
		Long: `Run App Store Connect in memory, for one account, until interrupted. It verifies
tokens, validates every request against Apple's OpenAPI document, keeps webhooks,
and posts pings and redeliveries. The account has one marketplace app and one
package version. It prints what another shell needs: its address, the API key
made for it and their IDs. Each request is logged to stderr.`,
		Example: `  ascwebhooks sandbox
  ascwebhooks sandbox --addr 127.0.0.1:8081 --output json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return sys.runSandbox(ctx, addr)
		},
	}
	addrFlag(cmd, &addr, "127.0.0.1:0")
	return cmd
}

// newFake returns App Store Connect with an app and a package version.
func newFake(logger *slog.Logger) (*asctest.Handler, error) {
	return asctest.New(asctest.WithLogger(logger), asctest.WithApp(marketplaceAppID),
		asctest.WithPackageVersion(asctest.PackageVersion{
			PackageFile: asctest.PackageFile{ID: packageVersionID, Content: []byte("an alternative distribution package")},
			PackageID:   packageID,
			Version:     "1",
			Variants:    []asctest.PackageFile{{Content: []byte("a variant of it")}},
		}))
}

// sandboxDocument is what a client of the sandbox needs.
type sandboxDocument struct {
	BaseURL          string `json:"base_url"`
	KeyID            string `json:"key_id"`
	IssuerID         string `json:"issuer_id"`
	KeyFile          string `json:"key_file"`
	AppID            string `json:"app_id"`
	PackageVersionID string `json:"package_version_id"`
}

func (s *system) runSandbox(ctx context.Context, addr string) error {
	fake, err := newFake(s.logger(slog.LevelDebug))
	if err != nil {
		return err
	}
	defer func() { _ = fake.Close() }()
	listener, url, err := listenOn(addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	folder, err := os.MkdirTemp("", "ascwebhooks-sandbox-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	key := fake.Key()
	document := sandboxDocument{url, key.ID, key.IssuerID, filepath.Join(folder, "AuthKey_"+key.ID+".p8"), marketplaceAppID, packageVersionID}
	if err := os.WriteFile(document.KeyFile, key.PEM(), 0o600); err != nil {
		return err
	}
	s.infof("App Store Connect in memory, until Ctrl-C, on %s", reach(listener, url))
	if err := s.print(document, exports(document)); err != nil {
		return err
	}
	return serve(ctx, &http.Server{Handler: fake, ReadTimeout: 30 * time.Second}, listener)
}

// exports are lines for another shell, in which a key in ASC_PRIVATE_KEY would
// take precedence over the sandbox's file.
func exports(d sandboxDocument) string {
	var b strings.Builder
	for _, variable := range [][2]string{
		{"ASC_BASE_URL", d.BaseURL}, {"ASC_KEY_ID", d.KeyID}, {"ASC_ISSUER_ID", d.IssuerID}, {"ASC_PRIVATE_KEY_PATH", d.KeyFile},
		{"ASC_APP_ID", d.AppID},
	} {
		fmt.Fprintf(&b, "export %s=%s\n", variable[0], shellQuote(variable[1]))
	}
	b.WriteString("unset ASC_PRIVATE_KEY\n")
	return b.String()
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
