package sandbox

// What is not shown: secrets, tokens, and the access keys of download URLs.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/ascmarketplace/webhooks/asctest"
)

const withheld = "(withheld)"

// secrets has every secret that was seen of a webhook, present or former.
type secrets struct {
	mu       sync.Mutex
	change   int // of the fake, up to which the secrets are known
	known    map[string]bool
	replacer *strings.Replacer
}

// of returns what withholds all secrets that the fake has had. Whatever shows one was recorded after it was set.
func (s *secrets) of(fake *asctest.Handler) *strings.Replacer {
	s.mu.Lock()
	defer s.mu.Unlock()
	change := fake.Since(math.MaxInt).Number
	if s.replacer != nil && change == s.change {
		return s.replacer
	}
	if s.known == nil {
		s.known = map[string]bool{}
	}
	before, state := len(s.known), fake.State()
	if w := state.MarketplaceWebhook; w != nil {
		s.known[w.Secret] = true
	}
	for _, w := range state.Webhooks {
		s.known[w.Secret] = true
	}
	for _, former := range state.FormerSecrets {
		for _, secret := range former {
			s.known[secret] = true
		}
	}
	if s.replacer == nil || len(s.known) > before {
		s.replacer = replacerOf(s.known)
	}
	s.change = change
	return s.replacer
}

// replacerOf leaves out a secret of less than four bytes, which would be found everywhere.
func replacerOf(secrets map[string]bool) *strings.Replacer {
	var forms []string
	for secret := range secrets {
		if len(secret) >= 4 {
			plain, html := jsonForms(secret)
			forms = append(forms, secret, plain, html, url.QueryEscape(secret), url.PathEscape(secret))
		}
	}
	// The longest first, since one secret may begin another.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, withheld)
	}
	return strings.NewReplacer(pairs...)
}

// jsonForms returns text as it stands in JSON, without and with <, > and & escaped.
func jsonForms(text string) (plain, html string) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text)
	escaped, _ := json.Marshal(text)
	return strings.Trim(strings.TrimSpace(b.String()), `"`), strings.Trim(string(escaped), `"`)
}

var (
	accessKey = regexp.MustCompile(`(?i)(accessKey(?:=|%3D))[^&"'\\\s]+`)
	jwt       = regexp.MustCompile(`eyJ[\w-]{5,}\.[\w-]+\.[\w-]*`)
	bearer    = regexp.MustCompile(`(?i)(bearer)(\s+|%20|\+)[\w.~+/=-]{20,}`)
)

// withhold returns text as it may be shown.
func (s *Sandbox) withhold(text string) string {
	text = s.secrets.of(s.Fake).Replace(text)
	text = accessKey.ReplaceAllString(text, "${1}"+withheld)
	text = jwt.ReplaceAllString(text, withheld)
	return bearer.ReplaceAllString(text, "$1 "+withheld)
}

// withholdBody returns the body of a response, or of a notification, as it may be shown.
func (s *Sandbox) withholdBody(body []byte) string {
	if !utf8.Valid(body) {
		return fmt.Sprintf("(%d bytes that are not text)", len(body))
	}
	if shown, isJSON := withoutSecretMembers(body); isJSON {
		body = shown
	}
	return s.withhold(string(body))
}

// withholdRequest is withholdBody for what a client sent: what is not JSON is withheld whole if it may have a secret
// that is not known otherwise.
func (s *Sandbox) withholdRequest(body []byte) string {
	if _, isJSON := withoutSecretMembers(body); !isJSON {
		lower := bytes.ToLower(body)
		if bytes.Contains(lower, []byte("secret")) || bytes.Contains(lower, []byte(`\u`)) {
			return "(withheld: not JSON, and may hold a secret)"
		}
	}
	return s.withholdBody(body)
}

// withoutSecretMembers replaces the value of every member that is called secret, and leaves all else as it was sent.
func withoutSecretMembers(body []byte) (shown []byte, isJSON bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	from, inObject := int64(0), []bool{} // of each value that is open, whether it is an object
	name := false                        // whether the next token is the name of a member
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && len(inObject) == 0 {
			return append(shown, body[from:]...), true
		}
		if err != nil {
			return nil, false
		}
		if delim, ok := token.(json.Delim); ok {
			if delim == '{' || delim == '[' {
				inObject = append(inObject, delim == '{')
			} else {
				inObject = inObject[:len(inObject)-1]
			}
			name = len(inObject) > 0 && inObject[len(inObject)-1]
			continue
		}
		if text, ok := token.(string); name && ok && strings.EqualFold(text, "secret") {
			var value json.RawMessage
			if decoder.Decode(&value) != nil {
				return nil, false
			}
			end := decoder.InputOffset()
			shown = append(append(shown, body[from:end-int64(len(value))]...), `"`+withheld+`"`...)
			from = end
			continue
		}
		name = !name && len(inObject) > 0 && inObject[len(inObject)-1]
	}
}

// withholdHeader leaves names as they are; the values of those that carry credentials are not shown.
func (s *Sandbox) withholdHeader(header http.Header) map[string][]string {
	shown := map[string][]string{}
	for name, values := range maps.All(header) {
		shown[s.withhold(name)] = []string{withheld}
		if !carriesCredentials(name) {
			shown[s.withhold(name)] = mapped(values, s.withhold)
		}
	}
	return shown
}

func carriesCredentials(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc([]string{"auth", "cookie", "token", "secret", "key", "signature", "password"}, func(word string) bool {
		return strings.Contains(lower, word)
	})
}

func mapped[A, B any](list []A, f func(A) B) []B {
	result := make([]B, len(list))
	for i, item := range list {
		result[i] = f(item)
	}
	return result
}
