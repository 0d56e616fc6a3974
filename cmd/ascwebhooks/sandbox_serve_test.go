package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSandboxOverTLS: both addresses, HTTP/2 included, for whoever trusts the CA that was written.
func TestSandboxOverTLS(t *testing.T) {
	t.Parallel()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	p, d := sandboxBy(t, start, "--tls", "--ca-file", ca, "--addr", ":0", "--control-addr", ":0", "--allow-host", "sandbox", "--allow-host", "192.0.2.7")
	if !strings.HasPrefix(d.BaseURL, "https://sandbox:") || !strings.HasPrefix(d.ControlURL, "https://sandbox:") || d.CAFile != ca {
		t.Errorf("printed %+v", d)
	}
	trusted := x509.NewCertPool()
	if pem, err := os.ReadFile(ca); err != nil || !trusted.AppendCertsFromPEM(pem) {
		t.Fatalf("the CA: %v", err)
	}
	local := func(url string) string { return strings.Replace(url, "sandbox", "127.0.0.1", 1) }
	get := func(url, name string, pool *x509.CertPool) (status, version int, err error) {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(r)
		if err != nil {
			return 0, 0, err
		}
		return response.StatusCode, response.ProtoMajor, response.Body.Close()
	}
	for _, url := range []string{local(d.BaseURL), local(d.ControlURL)} {
		for _, name := range []string{"", "sandbox", "localhost", "192.0.2.7"} {
			status, version, err := get(url+"/healthz", name, trusted)
			if err != nil || status != http.StatusOK || version != 2 {
				t.Errorf("%s as %q: %d over HTTP/%d, %v", url, name, status, version, err)
			}
		}
		if _, _, err := get(url+"/healthz", "elsewhere.example", trusted); err == nil {
			t.Error("the certificate is for elsewhere, too")
		}
		if _, _, err := get(url+"/healthz", "", x509.NewCertPool()); err == nil {
			t.Error("whoever does not trust the CA is let in")
		}
	}
	env := []string{"ASC_BASE_URL=" + local(d.BaseURL), "ASC_KEY_ID=" + d.KeyID, "ASC_ISSUER_ID=" + d.IssuerID,
		"ASC_PRIVATE_KEY=" + d.PrivateKey, "ASC_APP_ID=" + d.AppID, "SSL_CERT_FILE=" + ca}
	if code, _, stderr := once(t, env, "webhooks", "list"); code != exitOK {
		t.Errorf("the command: exit code %d, %s", code, stderr)
	}
	if code, _ := p.end(syscall.SIGTERM); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// busy is a sandbox with everything under way that could hold it up, on demand a body that never ends.
func busy(t *testing.T, start starter, unfinished bool) (*process, sandboxDocument) {
	t.Helper()
	p, d := sandboxBy(t, start, "--state", filepath.Join(t.TempDir(), "state.json"))
	arrived, end := make(chan struct{}), make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived); <-end }))
	t.Cleanup(func() { close(end); receiver.Close() })
	call(t, "PATCH", d.ControlURL+"/state", "", `{"marketplace_webhook":{"endpoint_url":"`+receiver.URL+`","secret":"s"}}`, http.StatusOK)
	call(t, "POST", d.ControlURL+"/faults", "", `{"kind":"late","delay_ms":600000}`, http.StatusCreated)
	send := func(base, request string) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := io.WriteString(conn, strings.Replace(request, "\n", " HTTP/1.1\r\nHost: localhost\r\n", 1)+"\r\n"); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	send(d.BaseURL, "GET /v1/marketplaceWebhooks\nAuthorization: "+d.authorization(t)+"\r\n")
	const post = `{"type":"AppUnavailable"}`
	send(d.ControlURL, fmt.Sprintf("POST /notifications\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(post), post))
	if unfinished {
		send(d.ControlURL, "PUT /state\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	}
	send(d.ControlURL, "GET /wait?count=1000&timeout=60\n")
	stream := bufio.NewReader(send(d.ControlURL, "GET /events\n"))
	for line := ""; !strings.Contains(line, "connected"); {
		var err error
		if line, err = stream.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	<-arrived
	call(t, "GET", d.ControlURL+"/wait?operation=marketplaceWebhooks_getCollection", "", "", http.StatusOK)
	return p, d
}

// TestSandboxEndsSoon: after a signal at once, unless somebody is still sending a body, and then within seconds; after a
// second one at once. It leaves nothing behind.
func TestSandboxEndsSoon(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		start starter
		most  time.Duration
	}{
		"one signal":              {startBuilt, 2 * time.Second},
		"one signal, and a body":  {startBuilt, 5 * time.Second},
		"two signals, and a body": {start, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := busy(t, test.start, strings.Contains(name, "body"))
			signalled := time.Now()
			if strings.HasPrefix(name, "two") {
				_ = p.Process.Signal(syscall.SIGTERM)
				for { // until that was understood: nothing new is accepted
					conn, err := net.Dial("tcp", strings.TrimPrefix(d.BaseURL, "http://"))
					if err != nil {
						break
					}
					_ = conn.Close()
				}
			}
			code, _ := p.end(syscall.SIGTERM)
			if took := time.Since(signalled); code != exitOK || took > test.most {
				t.Errorf("exit code %d after %v: %s", code, took, p.stderr.String())
			} else {
				t.Logf("gone after %v", took)
			}
			if left, err := os.ReadDir(filepath.Dir(filepath.Dir(d.KeyFile))); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
