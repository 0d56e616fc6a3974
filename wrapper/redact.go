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

// redact takes them out of what an answer may echo of the request, in the
// forms in which a page or a log would hold them. A short secret would show by
// its gaps, so all of a text that has it is withheld.
func (used credentials) redact(text string) string {
	// Not html.EscapeString: package html costs an importer 68 KiB of entities.
	inHTML := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")
	for _, value := range []string{used.token, used.secret.reveal()} {
		if value == "" {
			continue
		}
		quoted, _ := json.Marshal(value)
		inJSON := string(quoted[1 : len(quoted)-1])
		for _, form := range []string{value, inJSON, inHTML.Replace(value), url.QueryEscape(value), url.PathEscape(value)} {
			if len(value) < 8 && strings.Contains(text, form) {
				return redacted
			}
			text = strings.ReplaceAll(text, form, redacted)
		}
	}
	return text
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
