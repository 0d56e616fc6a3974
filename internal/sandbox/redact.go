package sandbox

// What is not shown: secrets, tokens, and the access keys of download URLs. They are taken out of what can hold one:
// bodies, headers, queries and free text. Identifiers, paths and the URLs of webhooks stay as they are.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/contract"
)

const withheld = "(withheld)"

// redactor makes of what there is what may be shown.
type redactor struct {
	state   asctest.State
	secrets *strings.Replacer
}

// replacer is the one of the secrets that there are, made anew when they change.
type replacer struct {
	mu      sync.Mutex
	secrets []string
	made    *strings.Replacer
}

// redactor knows the secrets of webhooks that are registered, or were since the last reset. It leaves out one that is
// so short that it may be anywhere by chance.
func (s *Sandbox) redactor() redactor {
	state := s.Fake.State()
	var secrets []string
	if w := state.MarketplaceWebhook; w != nil {
		secrets = append(secrets, w.Secret)
	}
	for _, w := range state.Webhooks {
		secrets = append(secrets, w.Secret)
	}
	for _, former := range state.FormerSecrets {
		secrets = append(secrets, former...)
	}
	// The longest first, since one secret may begin another.
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return redactor{state, s.replacer.of(slices.Compact(secrets))}
}

func (r *replacer) of(secrets []string) *strings.Replacer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made != nil && slices.Equal(r.secrets, secrets) {
		return r.made
	}
	var pairs []string
	for _, secret := range secrets {
		if len(secret) >= contract.MinSecret {
			pairs = append(pairs, secret, withheld, url.QueryEscape(secret), withheld, url.PathEscape(secret), withheld)
		}
	}
	r.secrets, r.made = secrets, strings.NewReplacer(pairs...)
	return r.made
}

// text redacts what somebody wrote.
func (r redactor) text(text string) string { return withoutKeys(r.secrets.Replace(text)) }

var (
	accessKey = regexp.MustCompile(`(?i)((?:accessKey|secret)(?:=|%3D))[^&"'\\\s]+`)
	jwt       = regexp.MustCompile(`eyJ[\w-]{5,}\.[\w-]+\.[\w-]*`)
)

// withoutKeys redacts what is known by its form.
func withoutKeys(text string) string {
	text = accessKey.ReplaceAllString(text, "${1}"+withheld)
	return jwt.ReplaceAllString(text, withheld)
}

// requestBody is body for what a client sent, with a secret that nobody else may know. Only of JSON is it known where.
func (r redactor) requestBody(body []byte) string {
	lower := bytes.ToLower(body)
	if !json.Valid(body) && (bytes.Contains(lower, []byte("secret")) || bytes.Contains(lower, []byte(`\u`))) {
		return "(withheld: not JSON, and may hold a secret)"
	}
	return r.body(body)
}

// body redacts JSON member by member, and other text as a whole. JSON that has nothing to redact stays as it was sent.
func (r redactor) body(body []byte) string {
	if !utf8.Valid(body) {
		return fmt.Sprintf("(%d bytes that are not text)", len(body))
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if !json.Valid(body) || decoder.Decode(&value) != nil {
		return r.text(string(body))
	}
	sent := encoded(value)
	if shown := encoded(r.member("", value)); shown != sent {
		return shown
	}
	return string(body)
}

// member returns the value of a member as it may be shown.
func (r redactor) member(name string, value any) any {
	name = strings.ToLower(name)
	if name == "secret" {
		return withheld
	}
	switch value := value.(type) {
	case map[string]any:
		for name, item := range value {
			value[name] = r.member(name, item)
		}
	case []any:
		for i, item := range value {
			value[i] = r.member(name, item)
		}
	case string:
		if slices.Contains([]string{"id", "type", "url", "endpointurl", "self", "related", "first", "next"}, name) {
			return withoutKeys(value)
		}
		return r.body([]byte(value)) // which may be a payload
	}
	return value
}

var credentials = regexp.MustCompile("(?i)auth|cookie|token|secret|key|signature|password")

// headers leaves names as they are; the values of those that carry credentials are not shown.
func (r redactor) headers(header http.Header) http.Header {
	shown := http.Header{}
	for name, values := range header {
		shown[name] = []string{withheld}
		if !credentials.MatchString(name) {
			shown[name] = mapped(values, r.text)
		}
	}
	return shown
}
