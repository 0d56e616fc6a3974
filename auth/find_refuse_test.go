package auth_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/auth"
)

// TestFindKeyRefuses looks at the error, which must not quote what it was given.
func TestFindKeyRefuses(t *testing.T) {
	tests := map[string]struct {
		hint    auth.KeyHint
		prepare func(t *testing.T, pem string)
		want    string
		is      error
	}{
		"nothing known":          {auth.KeyHint{}, nil, "ASC_PRIVATE_KEY", auth.ErrKeyNotFound},
		"in no folder":           {auth.KeyHint{KeyID: keyID}, nil, "AuthKey_" + keyID + ".p8 is in none of private_keys, ", auth.ErrKeyNotFound},
		"key ID as path":         {auth.KeyHint{KeyID: "../canary"}, nil, "key ID must be letters and digits", nil},
		"content without key ID": {auth.KeyHint{}, func(t *testing.T, pem string) { setenv(t, "ASC_PRIVATE_KEY", pem) }, "key ID is empty", nil},
		"content that is no key": {auth.KeyHint{KeyID: keyID}, func(t *testing.T, _ string) { setenv(t, "ASC_PRIVATE_KEY", "canary") },
			"ASC_PRIVATE_KEY: ", auth.ErrNotPEM},
		"content that is blank": {auth.KeyHint{KeyID: keyID}, func(t *testing.T, _ string) { setenv(t, "ASC_PRIVATE_KEY", " \n") },
			"ASC_PRIVATE_KEY: ", auth.ErrEmptyKey},
		"key ID with a newline": {auth.KeyHint{}, func(t *testing.T, pem string) { setenv(t, "ASC_PRIVATE_KEY", pem, "ASC_KEY_ID", "canary\n") },
			"key ID must be letters and digits", nil},
		"issuer with a newline": {auth.KeyHint{KeyID: keyID}, func(t *testing.T, pem string) { setenv(t, "ASC_PRIVATE_KEY", pem, "ASC_ISSUER_ID", "canary\n") },
			"issuer ID must be letters, digits and hyphens", nil},
		"content in place of the path": {auth.KeyHint{KeyID: keyID}, func(t *testing.T, pem string) { setenv(t, "ASC_PRIVATE_KEY_PATH", pem) },
			"ASC_PRIVATE_KEY_PATH: this is a private key", nil},
		"base64 in place of the path": {auth.KeyHint{KeyID: keyID}, func(t *testing.T, _ string) { setenv(t, "ASC_PRIVATE_KEY_PATH", "canary") },
			"ASC_PRIVATE_KEY_PATH: ", fs.ErrNotExist},
		"no such file":       {auth.KeyHint{KeyID: keyID, File: "canary"}, nil, "the key file: ", fs.ErrNotExist},
		"no key ID anywhere": {auth.KeyHint{File: "AuthKey_canary (1).p8"}, nil, "give the key ID", nil},
		"named for another":  {auth.KeyHint{KeyID: keyID, File: "AuthKey_canary.p8"}, nil, "another key ID", nil},
		"a directory": {auth.KeyHint{KeyID: keyID, File: "canary"}, func(t *testing.T, _ string) { write(t, "canary/file", "") },
			"is a directory", nil},
		"a large file": {auth.KeyHint{KeyID: keyID, File: "canary"}, func(t *testing.T, pem string) { write(t, "canary", pem+strings.Repeat("\n", 16<<10)) },
			"the key file: ", auth.ErrKeyTooLarge},
		"an endless file": {auth.KeyHint{KeyID: keyID, File: "/dev/zero"}, nil, "the key file: ", auth.ErrKeyTooLarge},
		"a damaged file in a folder": {auth.KeyHint{KeyID: keyID}, func(t *testing.T, pem string) { write(t, "private_keys/AuthKey_"+keyID+".p8", pem[:90]) },
			"private_keys/AuthKey_" + keyID + ".p8: ", auth.ErrMalformedKey},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			machine := newSetup(t)
			pem := pkcs8(t, machine.one)
			if test.prepare != nil {
				test.prepare(t, pem)
			}
			key, err := auth.FindKey(test.hint)
			if err == nil || key != (auth.Key{}) {
				t.Fatalf("found %v, error %v", key, err)
			}
			text := err.Error()
			if !strings.HasPrefix(text, "auth: ") || !strings.Contains(text, test.want) || strings.Contains(text, "\n") {
				t.Errorf("error %q, want %q in it", text, test.want)
			}
			if strings.Contains(text, "canary") || strings.Contains(text, strings.Split(pem, "\n")[1][:20]) {
				t.Errorf("error %q quotes what it was given", text)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %q does not match %q", text, test.is)
			}
		})
	}
}
