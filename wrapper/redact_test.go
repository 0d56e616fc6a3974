package wrapper_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestShortSecretIsWithheld: replacing a short secret would show it by the
// gaps, so all of a text that has it goes; the code stays.
func TestShortSecretIsWithheld(t *testing.T) {
	response := newCanned(409, `{"errors":[{"code":"ENTITY_ERROR","title":"signs","detail":"a text about nothing"}]}`)
	client := cannedClient(t, response)
	_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, "s"))
	apiErr, ok := errors.AsType[*wrapper.APIError](err)
	want := wrapper.ErrorObject{Title: "[redacted]", Detail: "a text about nothing", Code: "ENTITY_ERROR"}
	if !ok || !reflect.DeepEqual(apiErr.Errors, []wrapper.ErrorObject{want}) {
		t.Errorf("got %+v, want %+v", apiErr, want)
	}
}

// TestShortSecretsAreWithheld: whatever its length, a secret is in no detail.
func TestShortSecretsAreWithheld(t *testing.T) {
	for _, secret := range []string{"a", "ab", "abc", "a-b", "abcdefg", "é", "日本"} {
		if got := wrapper.RedactAny("it is "+secret+".", "token", secret); got != "[redacted]" {
			t.Errorf("%q: got %q", secret, got)
		}
	}
}

// TestPunctuationIsWithheld: a secret without any letter is found as it stands
// and escaped.
func TestPunctuationIsWithheld(t *testing.T) {
	const secret = `!"$&'()*+,;=:@/?#[]`
	for _, name := range []string{"verbatim", "query", "path", "JSON"} {
		if got := wrapper.RedactAny("it is "+escapers[name](secret), "token", secret); got != "[redacted]" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// TestFewLettersHideNothing: a secret of few letters, or of none, is withheld
// where it is echoed, and hides neither a code nor an error of the system.
func TestFewLettersHideNothing(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	secrets := []string{
		"e", "s_______________", "----------E------", "!$&'()*+,;=:@/?#[]", "____TR____", "%41%42%43%44%45",
	}
	for _, secret := range secrets {
		t.Run(secret, func(t *testing.T) {
			response := newCanned(409, `{"errors":[{"code":"ENTITY_ERROR.ATTRIBUTE","detail":`+quote("it is "+secret)+`}]}`)
			_, err := cannedClient(t, response).MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
			apiErr, ok := errors.AsType[*wrapper.APIError](err)
			if !ok || !apiErr.HasCode("ENTITY_ERROR.ATTRIBUTE") {
				t.Errorf("got %v, want the code", err)
			}
			if got := apiErr.Errors[0].Detail; got != "[redacted]" {
				t.Errorf("detail %q, want it withheld", got)
			}
			client := transportClient(t, func(*http.Request) (*http.Response, error) { return nil, refused }, quick)
			_, err = client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("got %v, want the system's error", err)
			}
		})
	}
}

// TestOtherTextStays: what echoes nothing is kept as it is.
func TestOtherTextStays(t *testing.T) {
	const text = "The attribute 'endpointUrl' of this resource must be a valid URL: nothing was changed."
	random := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		secret := randomSecret(random)
		if got := wrapper.RedactAny(text, randomToken(random), secret); got != text {
			t.Fatalf("%q hides a text that does not hold it", secret)
		}
	}
}

func quote(s string) string { quoted, _ := json.Marshal(s); return string(quoted) }

// TestWithheldPathsCollide: no error is lost where two paths are withheld.
func TestWithheldPathsCollide(t *testing.T) {
	const paths = `{"/v1/a":[{"code":"B"}],"/v1/b":[{"code":"C"}]}`
	client := cannedClient(t, newCanned(409, `{"errors":[{"code":"A","meta":{"associatedErrors":`+paths+`}}]}`))
	_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, "v1"))
	apiErr, _ := errors.AsType[*wrapper.APIError](err)
	if !apiErr.HasCode("B") || !apiErr.HasCode("C") {
		t.Errorf("%+v", apiErr.Errors)
	}
}

// TestNoExcerptOfABodyThatEndedEarly: half a secret cannot be recognised.
func TestNoExcerptOfABodyThatEndedEarly(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	client := transportClient(t, func(req *http.Request) (*http.Response, error) {
		resp, _ := newCanned(502, "").RoundTrip(req)
		resp.Body = &cutBody{strings.NewReader("<pre>correct-horse-batt")}
		return resp, nil
	})
	_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
	apiErr, ok := errors.AsType[*wrapper.APIError](err)
	if !ok || apiErr.Excerpt != "" {
		t.Errorf("got %v, want an APIError without an excerpt", err)
	}
	if strings.Contains(err.Error(), "horse") {
		t.Errorf("half a secret is in %v", err)
	}
}

// cutBody ends with an error.
type cutBody struct{ *strings.Reader }

func (b *cutBody) Read(p []byte) (int, error) {
	if b.Len() == 0 {
		return 0, errors.New("reset")
	}
	return b.Reader.Read(p)
}

func (b *cutBody) Close() error { return nil }

// TestRequestIDIsRedactedBeforeItIsCut: a secret across the 128th byte would
// otherwise show its beginning.
func TestRequestIDIsRedactedBeforeItIsCut(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	for n := 128 - len(secret); n < 128; n++ {
		response := newCanned(409, "")
		response.header.Set("X-Request-Id", strings.Repeat(".", n)+secret)
		_, err := cannedClient(t, response).MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
		if strings.Contains(err.Error(), "corr") {
			t.Fatalf("%d: %v", n, err)
		}
	}
}

// TestMalformedResponseIsNotQuoted: net/http quotes what it cannot parse, and a
// broken proxy may send the token there.
func TestMalformedResponseIsNotQuoted(t *testing.T) {
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
			client := newClient(t, fixedToken(token), wrapper.WithBaseURL("http://"+l.Addr().String()), quick)
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
	response := newCanned(409, `{"errors":[{"status":"`+secret+`","code":"`+secret+`"}]}`)
	response.header.Set("X-Request-Id", secret)
	client := cannedClient(t, response)
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
