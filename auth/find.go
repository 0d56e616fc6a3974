package auth

// Where keys are found: a file, the environment, Apple's usual folders.

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrKeyNotFound matches the error of [FindKey] when there is no private key in
// any of the places where it looks. The error's text names them.
var ErrKeyNotFound = errors.New("no private key found")

// KeyHint is what a caller of [FindKey] already knows about a key, for example
// from flags. The zero value is no hint at all.
type KeyHint struct {
	KeyID    string
	IssuerID string
	File     string // path of the .p8 file
}

// FindKey finds a key, filling in what the hint leaves empty.
//
// The key ID is the hint's, or else the one in the name of the hint's file, or
// else the environment's. The issuer ID is the hint's or the environment's; a
// key without one is an individual key. The private key is the first of: the
// hint's file; the environment's, unless the environment names another key ID;
// the file AuthKey_<KEYID>.p8 in private_keys, ~/private_keys,
// ~/.private_keys or ~/.appstoreconnect/private_keys.
//
// The environment is ASC_KEY_ID, ASC_ISSUER_ID, and ASC_PRIVATE_KEY (the
// content) or ASC_PRIVATE_KEY_PATH. When none of these is set it is fastlane's
// APP_STORE_CONNECT_API_KEY_KEY_ID, _ISSUER_ID, _KEY and _KEY_FILEPATH; the two
// sets are never mixed. A content may be PEM, PEM with \n written as two
// characters, or base64 of PEM: each is recognised, so fastlane's
// _IS_KEY_CONTENT_BASE64 is not needed. Content takes precedence over a path.
//
// The error matches [ErrKeyNotFound], or [ErrInvalidKey], or what the file
// system returned, such as [fs.ErrNotExist]. It names the place, and quotes
// neither a path that was given nor the value of a variable.
func FindKey(hint KeyHint) (Key, error) {
	names, env := environment()
	issuerID := cmp.Or(hint.IssuerID, env.issuerID)
	if hint.File != "" {
		id := cmp.Or(hint.KeyID, keyIDInName(hint.File), env.keyID)
		return readKeyFile("the key file", hint.File, id, issuerID)
	}
	id := cmp.Or(hint.KeyID, env.keyID)
	switch sameKey := id == env.keyID || env.keyID == ""; {
	case sameKey && env.content != "":
		return newKey(names.content, []byte(env.content), id, issuerID)
	case sameKey && env.file != "":
		return readKeyFile(names.file, env.file, id, issuerID)
	case id == "":
		return Key{}, fmt.Errorf("auth: %w: give a key file, or a key ID to look for in the usual folders, or set ASC_PRIVATE_KEY", ErrKeyNotFound)
	case !validKeyID(id):
		return Key{}, fmt.Errorf("auth: %w", Key{ID: id}.check())
	}
	name := "AuthKey_" + id + ".p8"
	for _, folder := range keyFolders() {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			return readKeyFile(path, path, id, issuerID)
		}
	}
	return Key{}, fmt.Errorf("auth: %w: %s is in none of %s: put it there, or give its path", ErrKeyNotFound, name, strings.Join(keyFolders(), ", "))
}

// keyFolders are where Apple's tools, and others that follow them, look for AuthKey files.
func keyFolders() []string {
	folders := []string{"private_keys"}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, "private_keys"), filepath.Join(home, ".private_keys"),
			filepath.Join(home, ".appstoreconnect", "private_keys"))
	}
	return folders
}

// ReadKeyFile reads the key in the file at path, and looks nowhere else. If
// keyID is empty, it is taken from a file name of the form AuthKey_<KEYID>.p8;
// without an issuerID the key is an individual key.
//
// A directory, a file over 16 KiB and a file that is named for another key ID
// are refused. The file's permissions are not checked. The error matches
// [ErrInvalidKey] or what the file system returned.
func ReadKeyFile(path, keyID, issuerID string) (Key, error) {
	return readKeyFile("the key file", path, keyID, issuerID)
}

func readKeyFile(place, path, keyID, issuerID string) (Key, error) {
	named := keyIDInName(path)
	switch {
	case strings.Contains(path, "-----BEGIN"):
		return Key{}, fmt.Errorf("auth: %s: %w", place, invalidKey("this is a private key: give the path of its file"))
	case keyID == "" && named == "":
		return Key{}, fmt.Errorf("auth: %s: %w", place, invalidKey("the key ID is not given and the name is not of the form AuthKey_<KEYID>.p8: give the key ID"))
	case keyID != "" && named != "" && keyID != named:
		return Key{}, fmt.Errorf("auth: %s: %w", place, invalidKey("it is named for another key ID than the one given: correct one of the two"))
	}
	content, err := readCapped(path)
	if err != nil {
		// The path is left out: it may be a private key in the wrong variable.
		if pathError, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathError.Err
		}
		return Key{}, fmt.Errorf("auth: %s: %w", place, err)
	}
	return newKey(place, content, cmp.Or(keyID, named), issuerID)
}

// readCapped reads at most one byte more than is allowed: parsing refuses that.
func readCapped(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, maxKeySize+1))
}

// keyIDInName returns the KEYID of a path that ends in AuthKey_<KEYID>.p8, or "".
func keyIDInName(path string) string {
	id, isKey := strings.CutPrefix(filepath.Base(path), "AuthKey_")
	id, isP8 := strings.CutSuffix(id, ".p8")
	if isKey && isP8 && validKeyID(id) {
		return id
	}
	return ""
}

func newKey(place string, content []byte, keyID, issuerID string) (Key, error) {
	private, err := parseKey(content)
	if err != nil {
		return Key{}, fmt.Errorf("auth: %s: %w", place, err)
	}
	key := Key{ID: keyID, IssuerID: issuerID, Signer: private}
	if err := key.check(); err != nil {
		return Key{}, fmt.Errorf("auth: %w", err)
	}
	return key, nil
}
