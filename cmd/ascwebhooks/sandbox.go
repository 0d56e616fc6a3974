package main

// The command sandbox: its flags, what it starts with, and what it prints.

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/internal/sandbox"
)

// sandboxFlags are the flags of the command.
type sandboxFlags struct {
	addr, controlAddr        string
	allowHosts               []string
	tls                      bool
	caFile                   string
	keyFile, keyID, issuerID string
	seed, state, envFile     string
}

func newSandbox(sys *system) *cobra.Command {
	var f sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run App Store Connect in memory, for local testing",
		Long: `Run App Store Connect in memory, for one account, until interrupted. It verifies
tokens, validates every request against Apple's OpenAPI document, keeps webhooks,
and posts pings and redeliveries. The account has one marketplace app and one
package version. It prints what another shell needs: its address, the API key
made for it and their IDs. Each request is logged to stderr.

Beside it is a page that shows every call and every notification, sends events,
and makes calls fail, and the control API that does the same for tests in any
language. Both are on --control-addr, which has to be on this machine unless
--allow-host names hosts by which other machines or containers may call it.`,
		Example: `  ascwebhooks sandbox
  ascwebhooks sandbox --addr 127.0.0.1:8080 --key-file sandbox.p8 --state sandbox.json
  ascwebhooks sandbox --addr :8080 --control-addr :8081 --allow-host sandbox`,
		RunE: func(cmd *cobra.Command, _ []string) error { return sys.runSandbox(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	addrFlag(cmd, &f.addr, "127.0.0.1:0")
	flags.StringVar(&f.controlAddr, "control-addr", "127.0.0.1:0", "`address` of the page and the control API, on this machine unless\n--allow-host is given; port 0 takes a free one")
	flags.StringArrayVar(&f.allowHosts, "allow-host", nil, "`host` by which other machines may call both addresses (repeatable);\nanyone who reaches it can read and change everything in the sandbox")
	flags.BoolVar(&f.tls, "tls", false, "serve both over TLS, with a certificate of a CA made for it")
	flags.StringVar(&f.caFile, "ca-file", "", "`path` to write that CA's certificate to; requires --tls")
	flags.StringVar(&f.keyFile, "key-file", "", "`path` of the API key to accept; it is made if it is absent")
	flags.StringVar(&f.keyID, "key-id", "", "`ID` of the API key (default: from the name of the key file, or "+defaultKeyID+")")
	flags.StringVar(&f.issuerID, "issuer-id", sample.IssuerID, "issuer `ID` of the API key")
	flags.StringVar(&f.seed, "seed", "", "`path` of what is registered at first: what GET /state of the control API\ngives, with a secret for each webhook")
	flags.StringVar(&f.state, "state", "", "`path` of a file in which all that is registered survives restarts; it\nholds the secrets")
	flags.StringVar(&f.envFile, "env-file", "", "`path` to write what clients need to, as NAME=value lines; it holds the\nprivate key")
	for _, name := range []string{"ca-file", "key-file", "seed", "state", "env-file"} {
		completeFiles(cmd, name)
	}
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
	PrivateKey       string `json:"private_key"` // the text of the key file
	AppID            string `json:"app_id"`
	PackageVersionID string `json:"package_version_id"`
	ControlURL       string `json:"control_url"`
	CAFile           string `json:"ca_file,omitempty"`
}

func (s *system) runSandbox(ctx context.Context, f sandboxFlags) error {
	ctx, atOnce, stop := twiceInterruptible(ctx)
	defer stop()
	if f.caFile != "" && !f.tls {
		return usagef("--ca-file requires --tls")
	}
	folder, err := os.MkdirTemp("", "ascwebhooks-sandbox-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	key, err := f.key()
	if err != nil {
		return err
	}
	box, err := s.newBox(f, key)
	if err != nil {
		return err
	}
	defer func() { _ = box.Fake.Close() }()
	servers, err := f.listen(box, folder)
	if err != nil {
		return err
	}
	defer servers.close()
	document, err := f.document(box, servers, folder)
	if err != nil {
		return err
	}
	box.BaseURL = document.BaseURL
	if err := f.writeEnv(document); err != nil {
		return err
	}
	saved, err := s.keepState(ctx, box, f.state)
	if err != nil {
		return err
	}
	s.infof("Page and control API on %s", document.ControlURL)
	where := document.BaseURL
	if len(f.allowHosts) == 0 {
		where = reach(servers.api, where)
	}
	s.infof("App Store Connect in memory, until Ctrl-C, on %s", where)
	if err := s.print(document, exports(document)); err != nil {
		return err
	}
	err = servers.serve(ctx, atOnce, box)
	stop()
	return cmp.Or(err, saved())
}

// newBox returns a sandbox with what it is seeded with, and then with what it had before the last restart.
func (s *system) newBox(f sandboxFlags, key asctest.Key) (*sandbox.Sandbox, error) {
	opts := fakeOptions(s.logger(slog.LevelDebug))
	if f.seed != "" {
		seed, err := s.readState("--seed", f.seed)
		if err != nil {
			return nil, err
		}
		opts = []asctest.Option{opts[0], seed}
	}
	box, err := sandbox.New(append(opts, key)...)
	if err != nil {
		return nil, err
	}
	if err := box.AllowHosts(f.allowHosts...); err != nil {
		return nil, usagef("--allow-host: %w", err)
	}
	if f.state == "" {
		return box, nil
	}
	if _, err := os.Stat(f.state); os.IsNotExist(err) {
		return box, nil
	}
	before, err := s.readState("--state", f.state)
	if err != nil {
		return nil, err
	}
	return box, box.SetState(before)
}

// document is what is printed, and what it names is there.
func (f *sandboxFlags) document(
	box *sandbox.Sandbox, servers *sandboxServers, folder string,
) (d sandboxDocument, err error) {
	key := box.Fake.Key()
	d = sandboxDocument{
		BaseURL: f.url(servers.api), ControlURL: f.url(servers.control), CAFile: servers.caFile,
		KeyID: key.ID, IssuerID: key.IssuerID, PrivateKey: string(key.PEM()), KeyFile: f.keyFile,
	}
	state := box.Fake.State()
	if len(state.Apps) > 0 {
		d.AppID = state.Apps[0]
	}
	if len(state.PackageVersions) > 0 {
		d.PackageVersionID = state.PackageVersions[0].ID
	}
	if f.keyFile == "" {
		d.KeyFile = filepath.Join(folder, "AuthKey_"+key.ID+".p8")
		err = os.WriteFile(d.KeyFile, key.PEM(), 0o600)
	}
	return d, err
}

// exports are lines for another shell, in which a key in ASC_PRIVATE_KEY would
// take precedence over the sandbox's file.
func exports(d sandboxDocument) string {
	var b strings.Builder
	for _, variable := range append(d.variables(), [2]string{"ASC_PRIVATE_KEY_PATH", d.KeyFile}) {
		b.WriteString("export " + variable[0] + "=" + shellQuote(variable[1]) + "\n")
	}
	b.WriteString("unset ASC_PRIVATE_KEY\n")
	return b.String()
}

// variables are those of a client, the key aside.
func (d sandboxDocument) variables() [][2]string {
	variables := [][2]string{
		{"ASC_BASE_URL", d.BaseURL}, {"ASC_KEY_ID", d.KeyID}, {"ASC_ISSUER_ID", d.IssuerID},
		{"ASC_APP_ID", d.AppID}, {"ASC_CONTROL_URL", d.ControlURL},
	}
	if d.CAFile != "" { // as Go, Python and curl, and as Node know it
		variables = append(variables, [2]string{"SSL_CERT_FILE", d.CAFile}, [2]string{"NODE_EXTRA_CA_CERTS", d.CAFile})
	}
	return variables
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
