package wrapper_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// escapers are the ways in which a server, a proxy or a log may escape what it
// echoes.
var escapers = map[string]func(string) string{
	"verbatim":      func(s string) string { return s },
	"query":         url.QueryEscape,
	"path":          url.PathEscape,
	"every byte":    escapeAll,
	"HTML":          html.EscapeString,
	"HTML of OWASP": func(s string) string { return owasp.Replace(html.EscapeString(s)) },
	"JSON":          escapeJSON,
	"JSON of PHP":   func(s string) string { return strings.ReplaceAll(escapeJSON(s), "/", `\/`) },
	"JSON, plain":   escapePlainJSON,
}

var owasp = strings.NewReplacer("/", "&#x2F;", "=", "&#61;")

// escapeAll percent-encodes, in lower case, all that is no letter or digit.
func escapeAll(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
		}
	}
	return b.String()
}

func escapeJSON(s string) string {
	quoted, _ := json.Marshal(s)
	return string(quoted[1 : len(quoted)-1])
}

func escapePlainJSON(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s)
	return b.String()[1 : b.Len()-2]
}

// randomSecret is 32 printable characters, in one of three of them with a part
// that looks like an escape, and now and then a control character.
func randomSecret(random *rand.Rand) string {
	secret := make([]byte, 32)
	for i := range secret {
		secret[i] = byte(' ' + random.IntN('~'-' '+1))
	}
	tricky := []string{"%41", "%2", "&amp;", "&#x41;", "&;", `\u0041`, `\u`, `\"`, "+", "\x00", "\n", "\t", "\x7f"}
	if random.IntN(3) == 0 {
		for range 1 + random.IntN(3) {
			copy(secret[random.IntN(26):], tricky[random.IntN(len(tricky))])
		}
	}
	return string(secret)
}

func randomToken(random *rand.Rand) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	token := []byte("eyJ")
	for i := range 200 {
		if i == 60 || i == 120 {
			token = append(token, '.')
		}
		token = append(token, alphabet[random.IntN(len(alphabet))])
	}
	return string(token)
}

// TestRandomSecretsAreWithheld: 5,000 secrets and tokens through every way of
// escaping, once and twice, and none is seen.
func TestRandomSecretsAreWithheld(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	names := slices.Sorted(maps.Keys(escapers))
	for range 5000 {
		secret, token := randomSecret(random), randomToken(random)
		second := names[random.IntN(len(names))] // all pairs come up, over 5,000 rounds
		for _, first := range names {
			once := escapers[first](secret)
			for _, echo := range []string{once, escapers[second](once)} {
				if got := wrapper.Redact("<p>before "+echo+" after</p>", token, secret); got != "[redacted]" {
					t.Fatalf("seed %d, %s, %s: %q shows %q", seed, first, second, got, secret)
				}
			}
		}
		echo := "Authorization: Bearer " + escapers[second](token)
		if got := wrapper.Redact(echo, token, secret); got != "[redacted]" {
			t.Fatalf("seed %d, %s: %q shows a token", seed, second, got)
		}
	}
}

// TestRandomSecretsInErrors takes some of them through everything that becomes
// part of an error.
func TestRandomSecretsInErrors(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range 4 {
		secret, token := randomSecret(random), randomToken(random)
		for name, escape := range escapers {
			for what, value := range map[string]string{"secret": secret, "token": token} {
				echo := escape(value)
				object := map[string]any{
					"id": echo, "code": echo, "status": echo, "title": echo, "detail": "it was " + echo,
					"source": map[string]any{"pointer": echo, "parameter": echo}, "links": map[string]any{"about": echo},
				}
				object["meta"] = map[string]any{"associatedErrors": map[string]any{echo: []any{maps.Clone(object)}}}
				body, err := json.Marshal(map[string]any{"errors": []any{object}})
				if err != nil {
					t.Fatal(err)
				}
				for _, answer := range []*canned{newCanned(409, string(body)), newCanned(502, "<pre>"+echo+"</pre>")} {
					answer.header.Set("X-Request-Id", echo)
					client, err := wrapper.NewClient(fixedToken(token), quick, wrapper.WithHTTPClient(&http.Client{Transport: answer}))
					if err != nil {
						t.Fatal(err)
					}
					_, err = client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
					apiErr, _ := errors.AsType[*wrapper.APIError](err)
					if answer.status == 409 && (apiErr == nil || len(apiErr.Errors) != 1 || len(apiErr.Errors[0].Associated) != 1) {
						t.Fatalf("seed %d: %s, %s: the echo was not read: %+v", seed, what, name, apiErr)
					}
					if shows(err, value, echo) {
						t.Fatalf("seed %d: %s, %s: %q is in %+v", seed, what, name, echo, tree(err))
					}
				}
			}
		}
	}
}

// shows reports whether any text of an error holds the value or its echo, or
// the beginning of one.
func shows(err error, value, echo string) bool {
	apiErr, ok := errors.AsType[*wrapper.APIError](err)
	if !ok {
		return true // it is to be an answer of the server's
	}
	texts := []string{err.Error(), apiErr.Excerpt, apiErr.RequestID}
	for _, object := range apiErr.Errors {
		texts = append(texts, object.ID, object.Code, object.Status, object.Title, object.Detail,
			object.Pointer, object.Parameter, object.About, object.See)
		for path, associated := range object.Associated {
			texts = append(texts, path, associated[0].Detail, associated[0].Code)
		}
	}
	for _, text := range texts {
		if strings.Contains(text, value[:16]) || strings.Contains(text, echo[:16]) {
			return true
		}
	}
	return false
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
			answer := newCanned(409, `{"errors":[{"code":"ENTITY_ERROR.ATTRIBUTE","detail":`+quote("it is "+secret)+`}]}`)
			_, err := cannedClient(t, answer).MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
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

func quote(s string) string { quoted, _ := json.Marshal(s); return string(quoted) }

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

// TestShortSecretsAreWithheld: whatever its length, a secret is in no detail.
func TestShortSecretsAreWithheld(t *testing.T) {
	for _, secret := range []string{"a", "ab", "abc", "a-b", "abcdefg", "é", "日本"} {
		if got := wrapper.RedactAny("it is "+secret+".", "token", secret); got != "[redacted]" {
			t.Errorf("%q: got %q", secret, got)
		}
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
		answer := newCanned(409, "")
		answer.header.Set("X-Request-Id", strings.Repeat(".", n)+secret)
		_, err := cannedClient(t, answer).MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
		if strings.Contains(err.Error(), "corr") {
			t.Fatalf("%d: %v", n, err)
		}
	}
}
