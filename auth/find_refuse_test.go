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
	const inFolder = "private_keys/AuthKey_" + keyID + ".p8"
	tests := map[string]struct {
		hint auth.KeyHint
		env  []string          // names and values, where PEM stands for a good key
		file map[string]string // contents by path, where PEM stands for the same
		want string            // part of the text
		is   error
	}{
		"nothing known": {
			want: "ASC_PRIVATE_KEY", is: auth.ErrKeyNotFound,
		},
		"in no folder": {
			hint: auth.KeyHint{KeyID: keyID},
			want: "AuthKey_" + keyID + ".p8 is in none of private_keys, ", is: auth.ErrKeyNotFound,
		},
		"key ID as path": {
			hint: auth.KeyHint{KeyID: "../canary"},
			want: "key ID must be letters and digits", is: auth.ErrInvalidKey,
		},
		"content without key ID": {
			env:  []string{"ASC_PRIVATE_KEY", "PEM"},
			want: "key ID is empty", is: auth.ErrInvalidKey,
		},
		"content that is no key": {
			hint: auth.KeyHint{KeyID: keyID},
			env:  []string{"ASC_PRIVATE_KEY", "canary"},
			want: "ASC_PRIVATE_KEY: the private key is in no known form", is: auth.ErrInvalidKey,
		},
		"content that is blank": {
			hint: auth.KeyHint{KeyID: keyID},
			env:  []string{"ASC_PRIVATE_KEY", " \n"},
			want: "ASC_PRIVATE_KEY: the private key is empty", is: auth.ErrInvalidKey,
		},
		"key ID with a newline": {
			env:  []string{"ASC_PRIVATE_KEY", "PEM", "ASC_KEY_ID", "canary\n"},
			want: "key ID must be letters and digits", is: auth.ErrInvalidKey,
		},
		"issuer with a newline": {
			hint: auth.KeyHint{KeyID: keyID},
			env:  []string{"ASC_PRIVATE_KEY", "PEM", "ASC_ISSUER_ID", "canary\n"},
			want: "issuer ID must be letters, digits and hyphens", is: auth.ErrInvalidKey,
		},
		"content in place of the path": {
			hint: auth.KeyHint{KeyID: keyID},
			env:  []string{"ASC_PRIVATE_KEY_PATH", "PEM"},
			want: "ASC_PRIVATE_KEY_PATH: this is a private key", is: auth.ErrInvalidKey,
		},
		"base64 in place of the path": {
			hint: auth.KeyHint{KeyID: keyID},
			env:  []string{"ASC_PRIVATE_KEY_PATH", "canary"},
			want: "ASC_PRIVATE_KEY_PATH: ", is: fs.ErrNotExist,
		},
		"no such file": {
			hint: auth.KeyHint{KeyID: keyID, File: "canary"},
			want: "the key file: ", is: fs.ErrNotExist,
		},
		"no key ID anywhere": {
			hint: auth.KeyHint{File: "AuthKey_canary (1).p8"},
			file: map[string]string{"AuthKey_canary (1).p8": "PEM"},
			want: "key ID is empty", is: auth.ErrInvalidKey,
		},
		"key ID in a variable that is not read": {
			env:  []string{"ASC_PRIVATE_KEY", "PEM", "APP_STORE_CONNECT_API_KEY_ID", "canary"},
			want: "beside the key (set but not used: APP_STORE_CONNECT_API_KEY_ID)", is: auth.ErrInvalidKey,
		},
		"key in a variable that is not read": {
			env: []string{"ASC_KEY_ID", keyID, "ASC_KEY_TYPE", "team", "ASC_KEYCHAIN_ACCOUNT", "canary", "ASC_APP_ID", "canary",
				"APP_STORE_CONNECT_API_KEY_P8", "canary"},
			want: "or give its path (set but not used: APP_STORE_CONNECT_API_KEY_P8)", is: auth.ErrKeyNotFound,
		},
		"keys in several variables that are not read": {
			env: []string{"APPLE_API_KEY_PATH", "canary", "ASC_KEY_PATH", "canary", "ASC_API_KEY_ID", "canary",
				"ASC_API_KEY_ISSUER", "canary", "APPSTORE_P8", "canary"},
			want: "(set but not used: APPLE_API_KEY_PATH, APPSTORE_P8, ASC_API_KEY_ID, ASC_KEY_PATH)", is: auth.ErrKeyNotFound,
		},
		"key of another key ID in the environment": {
			hint: auth.KeyHint{KeyID: keyID},
			env:  []string{"ASC_KEY_ID", "OTHER", "ASC_PRIVATE_KEY", "PEM"},
			want: "(set but not used: ASC_PRIVATE_KEY)", is: auth.ErrKeyNotFound,
		},
		"key of another tool": {
			env:  []string{"ASC_KEY_ID", keyID, "APP_STORE_CONNECT_PRIVATE_KEY", "PEM"},
			want: "(set but not used: APP_STORE_CONNECT_PRIVATE_KEY)", is: auth.ErrKeyNotFound,
		},
		"an unknown type": {
			env:  []string{"ASC_KEY_ID", keyID, "ASC_PRIVATE_KEY", "PEM", "ASC_KEY_TYPE", "canary"},
			want: "ASC_KEY_TYPE must be team or individual", is: auth.ErrInvalidKey,
		},
		"JSON for another key ID": {
			hint: auth.KeyHint{KeyID: keyID, File: "key.json"},
			file: map[string]string{"key.json": `{"key_id": "canary", "key": "PEM"}`},
			want: "the key file: it is for another key ID", is: auth.ErrInvalidKey,
		},
		"JSON for another key ID, in a variable": {
			env:  []string{"ASC_KEY_ID", keyID, "ASC_PRIVATE_KEY", `{"key_id": "canary", "key": "PEM"}`},
			want: "ASC_PRIVATE_KEY: it is for another key ID", is: auth.ErrInvalidKey,
		},
		"JSON cut short": {
			hint: auth.KeyHint{File: "key.json"},
			file: map[string]string{"key.json": `{"key_id": "canary", "key": "PEM`},
			want: "the key file: the JSON is damaged", is: auth.ErrInvalidKey,
		},
		"JSON of something else": {
			hint: auth.KeyHint{File: "key.json"},
			file: map[string]string{"key.json": `{"token": "canary"}`},
			want: "the key file: the JSON has no private key", is: auth.ErrInvalidKey,
		},
		"JSON of the Enterprise Program": {
			hint: auth.KeyHint{File: "key.json"},
			file: map[string]string{"key.json": `{"key_id": "canary", "key": "PEM", "in_house": true}`},
			want: "the key file: the key is for the Enterprise Program (in_house)", is: auth.ErrInvalidKey,
		},
		"named for another": {
			hint: auth.KeyHint{KeyID: keyID, File: "AuthKey_canary.p8"},
			file: map[string]string{"AuthKey_canary.p8": "PEM"},
			want: "another key ID", is: auth.ErrInvalidKey,
		},
		"a directory": {
			hint: auth.KeyHint{KeyID: keyID, File: "canary"},
			file: map[string]string{"canary/file": ""},
			want: "is a directory",
		},
		"a large file": {
			hint: auth.KeyHint{KeyID: keyID, File: "canary"},
			file: map[string]string{"canary": "PEM" + strings.Repeat("\n", 16<<10)},
			want: "the key file: the private key is over 16 KiB", is: auth.ErrInvalidKey,
		},
		"a large JSON": {
			hint: auth.KeyHint{File: "canary"},
			file: map[string]string{"canary": `{"key_id": "canary", "key": "PEM"` + strings.Repeat("\n", 16<<10) + "}"},
			want: "the key file: the private key is over 16 KiB", is: auth.ErrInvalidKey,
		},
		"an endless file": {
			hint: auth.KeyHint{KeyID: keyID, File: "/dev/zero"},
			want: "the key file: the private key is over 16 KiB", is: auth.ErrInvalidKey,
		},
		"a damaged file in a folder": {
			hint: auth.KeyHint{KeyID: keyID},
			file: map[string]string{inFolder: "-----BEGIN PRIVATE KEY-----\ncanary"},
			want: inFolder + ": the private key is damaged", is: auth.ErrInvalidKey,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pem := pkcs8(t, newSetup(t).one)
			for i := 0; i < len(test.env); i += 2 {
				t.Setenv(test.env[i], asIn(test.env[i+1], pem))
			}
			for path, content := range test.file {
				write(t, path, asIn(content, pem))
			}
			key, err := auth.FindKey(test.hint)
			if key != (auth.Key{}) {
				t.Errorf("got %v, want no key", key)
			}
			if err == nil {
				t.Fatal("got no error")
			}
			text := err.Error()
			if !strings.HasPrefix(text, "auth: ") || strings.Contains(text, "\n") {
				t.Errorf(`got %q, want one line that begins with "auth: "`, text)
			}
			if !strings.Contains(text, test.want) {
				t.Errorf("got %q, want %q in it", text, test.want)
			}
			if strings.Contains(text, "canary") || strings.Contains(text, strings.Split(pem, "\n")[1][:20]) {
				t.Errorf("%q quotes what it was given", text)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%q does not match %q", text, test.is)
			}
		})
	}
}

// asIn puts PEM where content says so, with \n as text if content is JSON.
func asIn(content, pem string) string {
	if strings.HasPrefix(content, "{") {
		pem = strings.ReplaceAll(pem, "\n", `\n`)
	}
	return strings.Replace(content, "PEM", pem, 1)
}
