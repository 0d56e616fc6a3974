package wrapper_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
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

// TestRandomSecretsAreWithheld: random secrets and tokens through every way of
// escaping, once and twice, and none is seen.
func TestRandomSecretsAreWithheld(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	names := slices.Sorted(maps.Keys(escapers))
	for range 200 {
		secret, token := randomSecret(random), randomToken(random)
		second := names[random.IntN(len(names))] // all pairs come up, over 200 rounds
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
	for range 2 {
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
				for _, response := range []*canned{newCanned(409, string(body)), newCanned(502, "<pre>"+echo+"</pre>")} {
					response.header.Set("X-Request-Id", echo)
					client := newClient(t, fixedToken(token), quick, over(response))
					_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
					apiErr, _ := errors.AsType[*wrapper.APIError](err)
					if response.status == 409 && (apiErr == nil || len(apiErr.Errors) != 1 || len(apiErr.Errors[0].Associated) != 1) {
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
		return true // it is to be an response of the server's
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
