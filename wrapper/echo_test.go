package wrapper_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestRedirectWithBadLocation: http.Client would quote what it cannot parse.
func TestRedirectWithBadLocation(t *testing.T) {
	token, _ := canaries()
	for _, op := range allOperations {
		var n atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Location", "https://proxy.example/login%zz?auth="+r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusTemporaryRedirect)
		}))
		defer server.Close()
		client, err := wrapper.NewClient(fixedToken(token), wrapper.WithBaseURL(server.URL), quick)
		if err != nil {
			t.Fatal(err)
		}
		err = perform(t, client, op, "id")
		if !is[*wrapper.UnexpectedResponseError](err) || n.Load() != 1 {
			t.Errorf("%s: %d requests, %T %v", op, n.Load(), err, strings.ReplaceAll(err.Error(), token, "<<TOKEN>>"))
		}
		if strings.Contains(err.Error(), token) {
			t.Errorf("%s: the token is in the error", op)
		}
	}
}

// TestMalformedAnswerIsNotQuoted: net/http quotes what it cannot parse, and a
// broken proxy may send the token there.
func TestMalformedAnswerIsNotQuoted(t *testing.T) {
	token := "token." + strings.Repeat("x", 30) + ".signature"
	for name, format := range map[string]string{
		"header line": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%s\r\n\r\n",
		"status line": "%s\r\n\r\n",
		"length":      "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
		"encoding":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					r, err := http.ReadRequest(bufio.NewReader(c))
					if err == nil {
						_, _ = io.Copy(io.Discard, r.Body)
						fmt.Fprintf(c, format, strings.ReplaceAll(r.Header.Get("Authorization"), " ", "-"))
					}
					c.Close()
				}
			}()
			client, err := wrapper.NewClient(fixedToken(token), wrapper.WithBaseURL("http://"+l.Addr().String()), quick)
			if err != nil {
				t.Fatal(err)
			}
			err = perform(t, client, asctest.MarketplaceWebhooksList, "")
			if err == nil || strings.Contains(err.Error(), token) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestEchoInOtherEncodings: there are more ways to escape than those of Go.
func TestEchoInOtherEncodings(t *testing.T) {
	for name, test := range map[string]struct{ secret, echo string }{
		"PHP's JSON of base64":      {"q83vEjRW/eJrZf8zbXlzZWNyZXQ=", `q83vEjRW\/eJrZf8zbXlzZWNyZXQ=`},
		"JSON without HTML escapes": {`correct "horse" & battery <staple>`, `correct \"horse\" & battery <staple>`},
		"HTML, &quot;":              {`correct "horse" battery staple`, `correct &quot;horse&quot; battery staple`},
		"HTML, OWASP, base64":       {"q83vEjRW/eJrZf8zbXlzZWNyZXQ=", `q83vEjRW&#x2F;eJrZf8zbXlzZWNyZXQ&#x3D;`},
		"lower-case percent":        {"q83vEjRW/eJrZf8zbXlzZWNyZXQ=", `q83vEjRW%2feJrZf8zbXlzZWNyZXQ%3d`},
		"two spaces":                {"correct  horse battery staple", "correct  horse battery staple"},
		"wrapped":                   {"correct horse battery staple", "correct horse\n   battery staple"},
	} {
		t.Run(name, func(t *testing.T) {
			client := cannedClient(t, newCanned(502, "<pre>"+test.echo+"</pre>"))
			_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, test.secret))
			escapable := func(r rune) bool { return strings.ContainsRune(`/"&<>= `, r) }
			for _, run := range strings.FieldsFunc(test.secret, escapable) {
				if len(run) > 5 && strings.Contains(err.Error(), run) {
					t.Fatalf("%v", err)
				}
			}
		})
	}
}

// TestEchoInRequestIDAndCode: these are kept verbatim, unless they hold the secret.
func TestEchoInRequestIDAndCode(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	answer := newCanned(409, `{"errors":[{"status":"`+secret+`","code":"`+secret+`"}]}`)
	answer.header.Set("X-Request-Id", secret)
	client := cannedClient(t, answer)
	_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
	if strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}

// TestEchoAcrossTheCut: what is withheld is found before the text is cut.
func TestEchoAcrossTheCut(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	for n := 512 - len(secret); n <= 512; n++ {
		client := cannedClient(t, newCanned(502, strings.Repeat(".", n)+secret))
		_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
		if strings.Contains(err.Error(), "corr") {
			t.Fatalf("%d: %v", n, err)
		}
	}
}
