package doctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/gobuild"
)

// A service that registers its webhook, and the least that it takes to do so by
// hand: a key, a signature, a request, JSON.
const (
	importerMain = `package main

import (
	"context"
	"net/http"
	"os"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func main() {
	key, err := auth.ParsePrivateKey([]byte(os.Args[1]))
	if err != nil {
		panic(err)
	}
	tokens, err := auth.NewTokenSource(auth.Key{ID: os.Args[2], IssuerID: os.Args[3], Signer: key})
	if err != nil {
		panic(err)
	}
	client, err := wrapper.NewClient(tokens)
	if err != nil {
		panic(err)
	}
	params := wrapper.MarketplaceWebhookParams{EndpointURL: os.Args[4], Secret: wrapper.NewSecret(os.Args[5])}
	if _, err := client.MarketplaceWebhooks.Ensure(context.Background(), params); err != nil {
		panic(err)
	}
	panic(http.ListenAndServe(":0", nil))
}
`
	// allMethods is appended to importerMain's parameters: every method of the client.
	allMethods = `
	ctx := context.Background()
	_, _ = client.MarketplaceWebhooks.List(ctx)
	_, _ = client.MarketplaceWebhooks.Create(ctx, params)
	_ = client.MarketplaceWebhooks.Delete(ctx, "id")
	p := wrapper.WebhookParams{Name: "n", URL: params.EndpointURL, Secret: params.Secret, EventTypes: wrapper.AllEvents()}
	for range client.Webhooks.List(ctx, "1") {
	}
	_, _ = client.Webhooks.Get(ctx, "id")
	_, _ = client.Webhooks.Create(ctx, "1", p)
	_, _ = client.Webhooks.Update(ctx, "id", p)
	_ = client.Webhooks.Delete(ctx, "id")
	_, _ = client.Webhooks.Ensure(ctx, "1", p)
	_ = client.Webhooks.Ping(ctx, "id")
	_, _ = client.Webhooks.Redeliver(ctx, "id")
	_, _ = client.Webhooks.CatchUp(ctx, "id", time.Time{}, func(context.Context, []byte) error { return nil })
	_ = client.Webhooks.KeepUp(ctx, "1", p, func(context.Context, []byte) error { return nil }, wrapper.KeepUpOptions{})
	_ = client.MarketplaceWebhooks.KeepUp(ctx, params, wrapper.KeepUpOptions{})
	_, _ = client.Apps.Get(ctx, "1")
	_, _ = client.Apps.ByBundleID(ctx, "com.example.app")
	_, _ = client.AppStoreVersions.Get(ctx, "id")
	_, _ = client.BackgroundAssets.Version(ctx, "id")
	_, _ = client.BackgroundAssets.InternalBetaRelease(ctx, "id")
	_, _ = client.BackgroundAssets.ExternalBetaRelease(ctx, "id")
	_, _ = client.BackgroundAssets.AppStoreRelease(ctx, "id")
	_, _ = client.BetaFeedback.Crash(ctx, "id")
	_, _ = client.BetaFeedback.CrashLog(ctx, "id")
	_, _ = client.BetaFeedback.Screenshot(ctx, "id")
	_, _ = client.Builds.Get(ctx, "id")
	_, _ = client.Builds.Upload(ctx, "id")
	_, _ = client.Builds.BetaDetail(ctx, "id")
	_, _ = client.Packages.Get(ctx, "id")
	for version := range client.Packages.Versions(ctx, "id") {
		_, _ = version.Download(ctx, http.DefaultClient, os.Stdout, 1)
	}
	_, _ = client.PackageVersions.Get(ctx, "id")
	for range client.PackageVersions.Variants(ctx, "id") {
	}
	for range client.PackageVersions.Deltas(ctx, "id") {
	}
	_, _ = client.RateLimit()
`
	referenceMain = `package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
)

func main() {
	block, _ := pem.Decode([]byte(os.Args[1]))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	signature, err := ecdsa.SignASN1(rand.Reader, key.(*ecdsa.PrivateKey), make([]byte, 32))
	if err != nil {
		panic(err)
	}
	resp, err := http.Get(os.Args[2] + string(signature))
	if err != nil {
		panic(err)
	}
	var body struct{ Data []struct{ ID string } }
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		panic(err)
	}
	out, err := json.Marshal(body)
	if _, err = os.Stdout.Write(out); err != nil {
		panic(err)
	}
	panic(http.ListenAndServe(":0", nil))
}
`
)

// TestImporterSize: auth and wrapper add at most 280 KiB to a binary that
// ensures a marketplace webhook, and 708 KiB to one that calls every method.
func TestImporterSize(t *testing.T) {
	everything := strings.Replace(importerMain, "	panic(http.Listen", allMethods+"	panic(http.Listen", 1)
	everything = strings.Replace(everything, `"os"`, "\"os\"\n\t\"time\"", 1)
	reference := binarySize(t, referenceMain)
	for name, test := range map[string]struct {
		source string
		limit  int64
	}{
		"ensure":       {importerMain, 280},
		"every method": {everything, 708},
	} {
		got := (binarySize(t, test.source) - reference) >> 10
		t.Logf("%s: the module adds %d KiB", name, got)
		if got > test.limit {
			t.Errorf("%s: want at most %d KiB", name, test.limit)
		}
	}
}

// binarySize builds source inside the module, without touching its tree.
func binarySize(t *testing.T, source string) int64 {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, inModule := filepath.Join(dir, "main.go"), filepath.Join(root, "internal", "importer", "main.go")
	write(t, file, []byte(source))
	overlay := write(t, filepath.Join(dir, "overlay.json"), []byte(`{"Replace":{"`+inModule+`":"`+file+`"}}`))
	if err := gobuild.Into(t.Context(), dir, "-overlay="+overlay, "./internal/importer"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "importer"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
