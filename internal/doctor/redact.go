package doctor

// What is private in an exchange, and what stands in its place: the same for the
// same value, so that a record can still be followed.

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const withheld = "(withheld)"

// redactor remembers what it has replaced. It keeps by a list of what is known to
// be harmless, and replaces everything else.
type redactor struct {
	secrets []string          // and tokens, in each form in which a text may echo them
	aliases map[string]string // of IDs, names and hosts
	counts  map[string]int    // of aliases, by kind
}

func newRedactor() *redactor {
	return &redactor{aliases: map[string]string{}, counts: map[string]int{}}
}

func (r *redactor) know(secret string) {
	if secret == "" || slices.Contains(r.secrets, secret) {
		return
	}
	quoted, _ := json.Marshal(secret) // of a string: does not fail
	r.secrets = append(r.secrets, secret, string(quoted[1:len(quoted)-1]), url.QueryEscape(secret), url.PathEscape(secret),
		html.EscapeString(secret), hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)))
}

// exchange is an exchange as it may be kept.
func (r *redactor) exchange(x exchange) recorded {
	r.learn(x.body)
	return recorded{
		Request:  recordedMessage{Method: x.method, Path: r.path(x.path), Query: r.query(x.query), Body: r.body(x.body)},
		Response: recordedMessage{Status: x.status, Headers: r.headers(x.header), Body: r.body(x.response)},
	}
}

// learn knows the secret that a request sends.
func (r *redactor) learn(body []byte) {
	var request struct {
		Data struct{ Attributes struct{ Secret string } }
	}
	if json.Unmarshal(body, &request) == nil {
		r.know(request.Data.Attributes.Secret)
	}
}

func (r *redactor) alias(kind, value string) string {
	if value == "" {
		return ""
	}
	alias, known := r.aliases[value]
	if !known {
		r.counts[kind]++
		alias = fmt.Sprintf("%s-%d", kind, r.counts[kind])
		r.aliases[value] = alias
	}
	return alias
}

// body is the JSON of a body with what is private replaced, or the size of
// anything else.
func (r *redactor) body(body []byte) any {
	if len(body) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || decoder.More() {
		return fmt.Sprintf("(%d bytes that are not JSON)", len(body))
	}
	return r.value("", value)
}

func (r *redactor) value(key string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		redacted := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			redacted[r.memberName(name)] = r.value(name, value[name])
		}
		return redacted
	case []any:
		for i := range value {
			value[i] = r.value(key, value[i])
		}
		return value
	case string:
		return r.member(key, value)
	case json.Number:
		if len(value) > 5 {
			return r.alias("number", value.String())
		}
	}
	return value
}

// memberName keeps a word; paths of associated errors have IDs.
func (r *redactor) memberName(name string) string {
	if word.MatchString(name) && !r.echoes(name) {
		return name
	}
	return r.text(name)
}

// echoes reports that the text holds a secret or a token that is known.
func (r *redactor) echoes(s string) bool {
	return slices.ContainsFunc(r.secrets, func(secret string) bool { return strings.Contains(s, secret) })
}

// member is a string by the name of its member.
func (r *redactor) member(key, value string) any {
	switch key {
	case "secret":
		return withheld
	case "id":
		return r.alias("id", value)
	case "name", "bundleId", "sku":
		return r.alias("name", value)
	case "url", "endpointUrl", "self", "related", "next", "first", "about", "see":
		return r.url(value)
	case "payload":
		return r.body([]byte(value))
	case "type":
		return r.memberName(value)
	case "code", "status", "title", "detail", "deliveryState", "eventType", "eventTypes", "errorMessage", "pointer",
		"parameter":
		return r.text(value)
	case "createdDate", "sentDate", "timestamp", "eventTimestamp":
		if _, err := time.Parse(time.RFC3339, value); err == nil {
			return value
		}
	}
	return fmt.Sprintf("(%d bytes of text)", len(value))
}

var (
	jwtText   = regexp.MustCompile(`eyJ[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)*`)
	emailText = regexp.MustCompile(`[^\s"'<>(),;:]+@[^\s"'<>(),;:]+`)
	urlText   = regexp.MustCompile(`[a-z][a-z0-9+.-]*://[^\s"'<>]+`)
	idText    = regexp.MustCompile(`[0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27}|[0-9]{6,}`)
	longText  = regexp.MustCompile(`[A-Za-z0-9+/_=-]{24,}`)
	code      = regexp.MustCompile(`^[A-Z]+([_.][A-Z]+)+$|^/data(/[A-Za-z]+)*$`) // or a pointer
	word      = regexp.MustCompile(`^[A-Za-z]{1,64}$`)
)

// text is free text without what is known to be private or looks like it.
func (r *redactor) text(s string) string {
	if r.echoes(s) {
		return withheld
	}
	s = jwtText.ReplaceAllString(s, withheld)
	s = urlText.ReplaceAllStringFunc(s, r.url)
	s = emailText.ReplaceAllString(s, withheld)
	for _, value := range slices.SortedFunc(maps.Keys(r.aliases), func(a, b string) int { return len(b) - len(a) }) {
		if len(value) > 2 {
			s = strings.ReplaceAll(s, value, r.aliases[value])
		}
	}
	s = idText.ReplaceAllStringFunc(s, func(id string) string { return r.alias("id", id) })
	return longText.ReplaceAllStringFunc(s, func(word string) string {
		if code.MatchString(word) {
			return word
		}
		return withheld
	})
}

// url keeps the shape of a URL.
func (r *redactor) url(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Opaque != "" || u.Host == "" {
		return withheld
	}
	shape := u.Scheme + "://" + r.alias("host", u.Host) + r.path(u.EscapedPath())
	if u.RawQuery != "" {
		shape += "?" + withheld
	}
	return shape
}

// path keeps the words of the API's own paths.
func (r *redactor) path(path string) string {
	known := []string{"", "v1", "apps", "webhooks", "deliveries", "marketplaceWebhooks", "webhookPings", "webhookDeliveries", "webhookEvents",
		"relationships", "app"}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if !slices.Contains(known, segment) {
			segments[i] = r.alias("id", segment)
		}
	}
	return strings.Join(segments, "/")
}

// query keeps what our requests ask for.
func (r *redactor) query(query url.Values) map[string]string {
	kept := map[string]string{}
	for name, values := range query {
		switch {
		case strings.HasPrefix(name, "filter[createdDate"), name == "limit", name == "include", name == "filter[deliveryState]":
			kept[name] = strings.Join(values, ",")
		default:
			kept[r.text(name)] = withheld
		}
	}
	return kept
}

func (r *redactor) headers(header http.Header) map[string]string {
	kept := map[string]string{}
	for _, name := range []string{"Content-Type", "Date", "X-Rate-Limit", "Retry-After"} {
		if value := header.Get(name); value != "" {
			kept[name] = r.text(value)
		}
	}
	for _, name := range []string{"X-Request-Id", "X-Apple-Request-Uuid"} { // which Apple's support asks for
		if value := header.Get(name); value != "" && r.text(value) != withheld && len(value) <= 64 {
			kept[name] = value
		}
	}
	return kept
}
