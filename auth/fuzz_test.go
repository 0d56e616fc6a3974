package auth_test

import (
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/ascmarketplace/webhooks/auth"
)

// checkParsed must pass for any input: a key is on P-256 and can sign, and an
// error is one of the fixed sentences, so it cannot contain any of the input.
func checkParsed(t *testing.T, text []byte) {
	key, err := auth.ParsePrivateKey(text)
	if err == nil {
		if key.Curve != elliptic.P256() {
			t.Fatal("accepted a key on another curve")
		}
		source := newSource(t, key)
		parts(t, mustToken(t, source), key.Public())
		return
	}
	if key != nil {
		t.Error("a key came with an error")
	}
	for _, reason := range auth.Refusals {
		if err.Error() == "auth: "+reason.Error() {
			return
		}
	}
	t.Errorf("not a fixed sentence: %q", err)
}

func addSeeds(f *testing.F) {
	accepted, _ := acceptedForms(f)
	for _, text := range accepted {
		f.Add([]byte(text))
	}
	for _, form := range refusedForms(f) {
		f.Add([]byte(form.text))
	}
}

func FuzzParsePrivateKey(f *testing.F) {
	addSeeds(f)
	for _, form := range keyForms() {
		f.Add([]byte(form(pkcs8(f, newPrivateKey(f, elliptic.P256())))))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		checkParsed(t, text)

		// Whatever parses parses to the same key in either of these forms.
		want, err := auth.ParsePrivateKey(text)
		if err != nil || !utf8.Valid(text) || len(text) > 8<<10 {
			return
		}
		quoted, _ := json.Marshal(string(text))
		for _, form := range []string{string(quoted), base64.StdEncoding.EncodeToString(text)} {
			got, err := auth.ParsePrivateKey([]byte(form))
			if err != nil {
				t.Fatal(err)
			}
			if !got.Equal(want) {
				t.Error("another key came out of a form")
			}
		}
	})
}
