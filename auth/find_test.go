package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/auth"
)

// setup is a machine: an empty home and working directory, no variables set.
type setup struct {
	one, other *ecdsa.PrivateKey
}

func newSetup(t *testing.T) *setup {
	t.Chdir(t.TempDir())
	t.Setenv("HOME", t.TempDir())
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		for _, part := range []string{"ASC_", "APP_STORE_", "APPSTORE_", "APPLE_", "SPACESHIP_"} {
			if strings.Contains(name, part) {
				t.Setenv(name, "")
			}
		}
	}
	return &setup{one: newPrivateKey(t, elliptic.P256()), other: newPrivateKey(t, elliptic.P256())}
}

// write puts content at a path, where ~ is the home directory, and returns it.
func write(t *testing.T, path, content string) string {
	t.Helper()
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(os.Getenv("HOME"), rest)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func setenv(t *testing.T, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		t.Setenv(pairs[i], pairs[i+1])
	}
}

// keys are the two private keys of a setup, in PEM.
type keys struct{ one, other string }

// TestFindKey finds the key called one in every place and by every mixture of
// hints and variables; the key called other is where it must not be taken from.
func TestFindKey(t *testing.T) {
	const fastlane = "APP_STORE_CONNECT_API_KEY_"
	tests := map[string]struct {
		prepare  func(t *testing.T, pem keys) auth.KeyHint
		issuerID string
	}{
		"hint alone": {func(t *testing.T, pem keys) auth.KeyHint {
			return auth.KeyHint{KeyID: keyID, IssuerID: issuerID, File: write(t, "any.pem", pem.one)}
		}, issuerID},
		"key ID from the file's name": {func(t *testing.T, pem keys) auth.KeyHint {
			return auth.KeyHint{File: write(t, "AuthKey_"+keyID+".p8", pem.one)}
		}, ""},
		"hinted file wins over the environment": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", "OTHER", "ASC_PRIVATE_KEY", pem.other)
			return auth.KeyHint{File: write(t, "AuthKey_"+keyID+".p8", pem.one)}
		}, ""},
		"hinted file, IDs from the environment": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", keyID, "ASC_ISSUER_ID", issuerID, "ASC_PRIVATE_KEY", pem.other)
			return auth.KeyHint{File: write(t, "any.pem", pem.one)}
		}, issuerID},
		"hinted issuer wins": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", keyID, "ASC_ISSUER_ID", "other", "ASC_PRIVATE_KEY", pem.one)
			return auth.KeyHint{IssuerID: issuerID}
		}, issuerID},
		"hinted key ID is not the environment's": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", "OTHER", "ASC_ISSUER_ID", issuerID, "ASC_PRIVATE_KEY", pem.other)
			write(t, "private_keys/AuthKey_"+keyID+".p8", pem.one)
			return auth.KeyHint{KeyID: keyID}
		}, issuerID},
		"hinted key ID, the environment's key": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_PRIVATE_KEY", pem.one)
			return auth.KeyHint{KeyID: keyID}
		}, ""},
		"content": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", keyID, "ASC_ISSUER_ID", issuerID, "ASC_PRIVATE_KEY", pem.one)
			return auth.KeyHint{}
		}, issuerID},
		"content wins over path and folder": {func(t *testing.T, pem keys) auth.KeyHint {
			write(t, "private_keys/AuthKey_"+keyID+".p8", pem.other)
			path := write(t, "other.p8", pem.other)
			setenv(t, "ASC_KEY_ID", keyID, "ASC_PRIVATE_KEY", pem.one, "ASC_PRIVATE_KEY_PATH", path)
			return auth.KeyHint{}
		}, ""},
		"content with literal newlines": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", keyID, "ASC_PRIVATE_KEY", strings.ReplaceAll(pem.one, "\n", `\n`))
			return auth.KeyHint{}
		}, ""},
		"content with literal CRLF": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", keyID, "ASC_PRIVATE_KEY", strings.ReplaceAll(pem.one, "\n", `\r\n`))
			return auth.KeyHint{}
		}, ""},
		"content in base64": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", keyID, "ASC_PRIVATE_KEY", base64.StdEncoding.EncodeToString([]byte(pem.one)))
			return auth.KeyHint{}
		}, ""},
		"content in wrapped base64 without padding": {func(t *testing.T, pem keys) auth.KeyHint {
			text := base64.RawStdEncoding.EncodeToString([]byte(pem.one))
			setenv(t, "ASC_KEY_ID", keyID, "ASC_PRIVATE_KEY", text[:76]+"\r\n"+text[76:]+"\n")
			return auth.KeyHint{}
		}, ""},
		"path": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", keyID, "ASC_PRIVATE_KEY_PATH", write(t, "any.pem", pem.one))
			return auth.KeyHint{}
		}, ""},
		"path alone": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_PRIVATE_KEY_PATH", write(t, "AuthKey_"+keyID+".p8", pem.one))
			return auth.KeyHint{}
		}, ""},
		"fastlane content": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, fastlane+"KEY_ID", keyID, fastlane+"ISSUER_ID", issuerID, fastlane+"KEY", pem.one)
			return auth.KeyHint{}
		}, issuerID},
		"fastlane base64": {func(t *testing.T, pem keys) auth.KeyHint {
			content := base64.StdEncoding.EncodeToString([]byte(pem.one))
			setenv(t, fastlane+"KEY_ID", keyID, fastlane+"KEY", content, fastlane+"IS_KEY_CONTENT_BASE64", "true")
			return auth.KeyHint{}
		}, ""},
		"fastlane path": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, fastlane+"KEY_ID", keyID, fastlane+"KEY_FILEPATH", write(t, "any.pem", pem.one))
			return auth.KeyHint{}
		}, ""},
		"the two sets are not mixed": {func(t *testing.T, pem keys) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", keyID, fastlane+"ISSUER_ID", issuerID, fastlane+"KEY", pem.other)
			write(t, "private_keys/AuthKey_"+keyID+".p8", pem.one)
			return auth.KeyHint{}
		}, ""},
		"first folder first": {func(t *testing.T, pem keys) auth.KeyHint {
			write(t, "private_keys/AuthKey_"+keyID+".p8", pem.one)
			write(t, "~/private_keys/AuthKey_"+keyID+".p8", pem.other)
			return auth.KeyHint{KeyID: keyID}
		}, ""},
	}
	folders := []string{"private_keys", "~/private_keys", "~/.private_keys", "~/.appstoreconnect/private_keys"}
	for _, folder := range folders {
		test := tests["first folder first"]
		test.prepare = func(t *testing.T, pem keys) auth.KeyHint {
			write(t, folder+"/AuthKey_"+keyID+".p8", pem.one)
			write(t, folder+"/AuthKey_OTHER.p8", pem.other)
			return auth.KeyHint{KeyID: keyID}
		}
		tests["folder "+strings.ReplaceAll(folder, "/", " ")] = test
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			machine := newSetup(t)
			hint := test.prepare(t, keys{pkcs8(t, machine.one), pkcs8(t, machine.other)})
			key, err := auth.FindKey(hint)
			if err != nil {
				t.Fatal(err)
			}
			checkKey(t, key, keyID, test.issuerID, machine.one)
		})
	}
}

func checkKey(t *testing.T, got auth.Key, id, issuerID string, private *ecdsa.PrivateKey) {
	t.Helper()
	if got.ID != id {
		t.Errorf("got key ID %q, want %q", got.ID, id)
	}
	if got.IssuerID != issuerID {
		t.Errorf("got issuer ID %q, want %q", got.IssuerID, issuerID)
	}
	if !private.Equal(got.Signer) {
		t.Error("got another private key")
	}
}

// TestReadKeyFile looks nowhere but in the file.
func TestReadKeyFile(t *testing.T) {
	machine := newSetup(t)
	setenv(t, "ASC_KEY_ID", "OTHER", "ASC_ISSUER_ID", "other", "ASC_PRIVATE_KEY", pkcs8(t, machine.other))
	path := write(t, "AuthKey_"+keyID+".p8", pkcs8(t, machine.one))
	key, err := auth.ReadKeyFile(path, "", "")
	if err != nil {
		t.Fatal(err)
	}
	checkKey(t, key, keyID, "", machine.one)

	key, err = auth.ReadKeyFile(path, keyID, issuerID)
	if err != nil {
		t.Fatal(err)
	}
	checkKey(t, key, keyID, issuerID, machine.one)

	if _, err := auth.ReadKeyFile(path, "OTHER", issuerID); !errors.Is(err, auth.ErrInvalidKey) {
		t.Errorf("named for another key ID: got %v, want ErrInvalidKey", err)
	}
}

func TestLocateKey(t *testing.T) {
	for want, prepare := range map[string]func(t *testing.T, pem string) auth.KeyHint{
		"the key file": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "ASC_PRIVATE_KEY", pem)
			return auth.KeyHint{KeyID: keyID, File: write(t, "any.pem", pem)}
		},
		"ASC_PRIVATE_KEY_B64": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "ASC_PRIVATE_KEY_B64", base64.StdEncoding.EncodeToString([]byte(pem)))
			return auth.KeyHint{KeyID: keyID}
		},
		"ASC_PRIVATE_KEY_PATH": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "ASC_PRIVATE_KEY_PATH", write(t, "any.pem", pem))
			return auth.KeyHint{KeyID: keyID}
		},
		filepath.Join("private_keys", "AuthKey_"+keyID+".p8"): func(t *testing.T, pem string) auth.KeyHint {
			write(t, "private_keys/AuthKey_"+keyID+".p8", pem)
			return auth.KeyHint{KeyID: keyID}
		},
	} {
		t.Run(want, func(t *testing.T) {
			s := newSetup(t)
			_, place, err := auth.LocateKey(prepare(t, pkcs8(t, s.one)))
			if err != nil || place != want {
				t.Errorf("place %q, error %v; want %q", place, err, want)
			}
		})
	}
}
