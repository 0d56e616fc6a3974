package auth

// Where keys are found: a file, the environment, Apple's usual folders.

import (
	"cmp"
	"errors"
	"fmt"
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
	KeyID      string
	IssuerID   string
	File       string // path of the .p8 file, or of fastlane's JSON
	Individual bool   // the key is an individual key: the environment's issuer ID is not its own
}

// FindKey finds a key, filling in what the hint leaves empty.
//
// The key ID is the hint's, or else the one in the hint's file or its name, or
// else the environment's. The issuer ID is the hint's or the environment's; a
// key without one is an individual key, and so is one for which Individual or
// ASC_KEY_TYPE=individual says so. The private key is the first of: the hint's
// file; the environment's, unless the environment names another key ID; the
// file AuthKey_<KEYID>.p8 in private_keys, ~/private_keys, ~/.private_keys or
// ~/.appstoreconnect/private_keys.
//
// The environment is ASC_KEY_ID, ASC_ISSUER_ID, and the content in
// ASC_PRIVATE_KEY or ASC_PRIVATE_KEY_B64, or ASC_PRIVATE_KEY_PATH. When none of
// these is set it is what fastlane (APP_STORE_CONNECT_API_KEY_KEY_ID, ... or
// SPACESHIP_CONNECT_API_KEY_ID, ...), GitLab, Codemagic, Terraform
// (APP_STORE_CONNECT_PRIVATE_KEY, ...) or Expo (EXPO_ASC_KEY_ID, ...) use; sets
// are never mixed. Content takes precedence over a path. Either has any form
// that [ParsePrivateKey] accepts, or is fastlane's or Bitrise's JSON, whose IDs
// go before the environment's; without an issuer ID it is an individual key.
//
// The error matches [ErrKeyNotFound], or [ErrInvalidKey], or what the file
// system returned, such as [fs.ErrNotExist]. It names the place and, when
// something is missing, variables that look like it and are not used. It quotes
// neither a path that was given nor the value of a variable.
func FindKey(hint KeyHint) (Key, error) {
	key, _, err := LocateKey(hint)
	return key, err
}

// LocateKey is FindKey that also says where the private key is, after an error
// too if it got that far: "the key file" for the hint's, the name of a variable,
// or the path of a file in one of the usual folders.
func LocateKey(hint KeyHint) (key Key, place string, err error) {
	env := readEnvironment()
	key, place, err = hint.find(env)
	if noKeyID := errors.Is(err, refusedNoKeyID); noKeyID || errors.Is(err, ErrKeyNotFound) {
		if names := env.lookAlikes(noKeyID); len(names) > 0 {
			err = fmt.Errorf("%w (set but not used: %s)", err, strings.Join(names, ", "))
		}
	}
	return key, place, err
}

func (hint KeyHint) find(env environment) (key Key, place string, err error) {
	individual, err := isIndividual()
	if err == nil && hint.Individual && hint.IssuerID != "" {
		err = invalidKey("an individual key has no issuer ID: leave one of the two out")
	}
	if err != nil {
		return Key{}, "", fmt.Errorf("auth: %w", err)
	}
	id := identity{keyID: hint.KeyID, issuerID: hint.IssuerID,
		individual:    hint.Individual || individual && hint.IssuerID == "",
		fallbackKeyID: env.keyID.value, fallbackIssuerID: env.issuerID.value}
	if hint.File != "" {
		return id.locate("the key file", hint.File)
	}
	id.keyID = cmp.Or(hint.KeyID, env.keyID.value)
	switch sameKey := id.keyID == env.keyID.value || env.keyID.value == ""; {
	case sameKey && env.content.value != "":
		key, err = id.newKey(env.content.name, "", []byte(env.content.value))
		return key, env.content.name, err
	case sameKey && env.file.value != "":
		return id.locate(env.file.name, env.file.value)
	case id.keyID == "":
		return Key{}, "", fmt.Errorf("auth: %w: give a key file, or a key ID to look for in the usual folders, or set ASC_PRIVATE_KEY", ErrKeyNotFound)
	case !validKeyID(id.keyID):
		return Key{}, "", fmt.Errorf("auth: %w", Key{ID: id.keyID}.check())
	}
	name, folders := "AuthKey_"+id.keyID+".p8", keyFolders()
	for _, folder := range folders {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			return id.locate(path, path)
		}
	}
	return Key{}, "", fmt.Errorf("auth: %w: %s is in none of %s: put it there, or give its path", ErrKeyNotFound, name, strings.Join(folders, ", "))
}

func (id identity) locate(place, path string) (Key, string, error) {
	key, err := id.readFile(place, path)
	return key, place, err
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
