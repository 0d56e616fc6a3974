package wrapper

import (
	"encoding/json"
	"net/url"
	"strings"
)

// credentials are what one attempt carried and no error may show.
type credentials struct {
	token  string
	secret Secret
}

// redactor takes them out of what an answer may echo of the request, in the
// forms in which a page or a log would hold them.
func (used credentials) redactor() *strings.Replacer {
	// Not html.EscapeString: package html costs an importer 68 KiB of entities.
	inHTML := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")
	var pairs []string
	for _, value := range []string{used.token, used.secret.reveal()} {
		if value == "" {
			continue
		}
		quoted, _ := json.Marshal(value)
		inJSON := string(quoted[1 : len(quoted)-1])
		for _, form := range []string{value, inJSON, inHTML.Replace(value), url.QueryEscape(value), url.PathEscape(value)} {
			pairs = append(pairs, form, redacted)
		}
	}
	return strings.NewReplacer(pairs...)
}

// printable keeps at most limit printable ASCII bytes of s, each run of
// anything else turned into one space.
func printable(s string, limit int) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		if r <= ' ' || r > '~' {
			gap = b.Len() > 0
			continue
		}
		if gap && b.Len() < limit {
			b.WriteByte(' ')
		}
		gap = false
		if b.Len() >= limit {
			break
		}
		b.WriteByte(byte(r))
	}
	return b.String()
}
