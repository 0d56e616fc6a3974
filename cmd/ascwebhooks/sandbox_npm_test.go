//go:build linux

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/namespace"
)

// npmClient is a client of App Store Connect that others have written, and what it needs, by exact versions.
const npmClient = `{"private": true, "dependencies":
	{"node-app-store-connect-api": "5.0.6", "jose": "4.15.9", "md5": "2.3.0", "charenc": "0.0.2", "crypt": "0.0.2", "is-buffer": "1.1.6"}}`

const postAndPageThrough = `
import { api } from "node-app-store-connect-api";
const { ASC_BASE_URL: urlBase, ASC_KEY_ID: apiKey, ASC_ISSUER_ID: issuerId, PRIVATE_KEY: privateKey } = process.env;
const { readAll } = await api({ urlBase, apiKey, issuerId, privateKey, automaticRetries: 0 });
for (const copies of [100, 20]) {
	const body = JSON.stringify({ type: "webhookPingCreated", copies });
	const headers = { "Content-Type": "application/json" };
	const { status } = await fetch(process.env.ASC_CONTROL_URL + "/notifications", { method: "POST", headers, body });
	if (status !== 201) throw new Error("posting responded " + status);
}
const since = new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString();
const params = { "filter[createdDateGreaterThanOrEqualTo]": since, include: "event", limit: 25 };
const { data, included } = await readAll("webhooks/the-webhook/deliveries", { params });
console.log(data.length, new Set(data.map((d) => d.id)).size, Object.keys(included.webhookEvents).length);
`

const npmFolder = "TEST_NPM_FOLDER"

// TestSandboxServesAnotherClient: it pages through 120 deliveries, unmodified, where nothing but loopback can be reached.
// It takes links on https only, and so the sandbox serves TLS.
func TestSandboxServesAnotherClient(t *testing.T) {
	folder := os.Getenv(npmFolder)
	if folder == "" {
		folder = installNPMClient(t)
		t.Setenv(npmFolder, folder)
	}
	if !namespace.Enter(t, nil) {
		return
	}
	if _, err := http.Get("http://192.0.2.1/"); err == nil { //nolint:bodyclose // there is no network, and no response
		t.Fatal("there is a way out")
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	seed := writeFile(t, "seed.json", fmt.Sprintf(`{"apps":["1"],"webhooks":[{"id":"the-webhook","app_id":"1","url":%q,"secret":"a secret"}]}`, receiver.URL))
	_, d := sandboxAt(t, "--tls", "--ca-file", ca, "--seed", seed)
	path := filepath.Join(folder, "script.mjs")
	if err := os.WriteFile(path, []byte(postAndPageThrough), 0o600); err != nil {
		t.Fatal(err)
	}
	node := command(t, "node", []string{"NODE_EXTRA_CA_CERTS=" + ca, "ASC_BASE_URL=" + d.BaseURL, "ASC_CONTROL_URL=" + d.ControlURL,
		"ASC_KEY_ID=" + d.KeyID, "ASC_ISSUER_ID=" + d.IssuerID, "PRIVATE_KEY=" + d.PrivateKey}, path)
	if got, err := node.CombinedOutput(); err != nil || string(got) != "120 120 2\n" {
		t.Errorf("deliveries, different ones, events: %s, %v", got, err)
	}
}

// installNPMClient installs the client where npm is, and skips the test where it can't be fetched.
func installNPMClient(t *testing.T) (folder string) {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("there is no npm")
	}
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "package.json"), []byte(npmClient), 0o600); err != nil {
		t.Fatal(err)
	}
	install := command(t, npm, nil, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("the client can't be fetched: %v\n%s", err, out)
	}
	return folder
}
