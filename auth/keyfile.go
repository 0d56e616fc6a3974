package auth

// One key: a private key in a file or a variable, with the IDs that belong to it.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ReadKeyFile reads the key in the file at path, and looks nowhere else. The
// file is of any form that [ParsePrivateKey] accepts, or fastlane's or Bitrise's
// JSON. If keyID or issuerID is empty, it is taken from the JSON; a key ID also
// from a file name of the form AuthKey_<KEYID>.p8. A key without an issuer ID is
// an individual key.
//
// A directory, a file over 16 KiB and a file for another key ID are refused.
// The file's permissions are not checked. The error matches [ErrInvalidKey] or
// what the file system returned.
func ReadKeyFile(path, keyID, issuerID string) (Key, error) {
	return identity{keyID: keyID, issuerID: issuerID}.readFile("the key file", path)
}

// identity is what is known about a key besides its private half.
type identity struct {
	keyID, issuerID                 string
	individual                      bool   // has no issuer ID, whatever the others say
	fallbackKeyID, fallbackIssuerID string // for a key that does not bring its own
}

func (id identity) readFile(place, path string) (Key, error) {
	if strings.Contains(path, "-----BEGIN") {
		return Key{}, fmt.Errorf("auth: %s: %w", place, invalidKey("this is a private key: give the path of its file"))
	}
	content, err := readCapped(path)
	if err != nil {
		// The path is left out: it may be a private key in the wrong variable.
		if pathError, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathError.Err
		}
		return Key{}, fmt.Errorf("auth: %s: %w", place, err)
	}
	return id.newKey(place, path, content)
}

// newKey takes the path of the file that the content is from, or "".
func (id identity) newKey(place, path string, content []byte) (Key, error) {
	file, err := parseKeyFile(path, content)
	if err != nil {
		return Key{}, fmt.Errorf("auth: %s: %w", place, err)
	}
	if id.keyID != "" && file.KeyID != "" && id.keyID != file.KeyID {
		return Key{}, fmt.Errorf("auth: %s: %w", place, invalidKey("it is for another key ID than the one given: correct one of the two"))
	}
	private, err := parseKey([]byte(file.Key))
	if err != nil {
		return Key{}, fmt.Errorf("auth: %s: %w", place, err)
	}
	key := Key{ID: cmp.Or(id.keyID, file.KeyID, id.fallbackKeyID), Signer: private}
	switch {
	case id.individual:
	case file.isComplete:
		key.IssuerID = cmp.Or(id.issuerID, file.IssuerID)
	default:
		key.IssuerID = cmp.Or(id.issuerID, id.fallbackIssuerID)
	}
	if err := key.check(); err != nil {
		return Key{}, fmt.Errorf("auth: %w", err)
	}
	return key, nil
}

// keyFile is the JSON that fastlane keeps a key in, or Bitrise, whose member is
// private_key. A JSON without an issuer ID is complete: the key is an individual key.
type keyFile struct {
	KeyID      string          `json:"key_id"`
	IssuerID   string          `json:"issuer_id"`
	Key        string          `json:"key"`
	PrivateKey string          `json:"private_key"`
	InHouse    json.RawMessage `json:"in_house"`
	isComplete bool
}

// parseKeyFile takes any other content for the private key alone.
func parseKeyFile(path string, content []byte) (keyFile, error) {
	text := bytes.TrimSpace(bytes.TrimPrefix(content, []byte("\uFEFF")))
	if !bytes.HasPrefix(text, []byte("{")) || len(content) > maxKeySize {
		return keyFile{KeyID: keyIDInName(path), Key: string(content)}, nil
	}
	file := keyFile{isComplete: true}
	if err := json.Unmarshal(text, &file); err != nil {
		return keyFile{}, invalidKey("the JSON is damaged or not a key file: it must have key_id, issuer_id and key, as fastlane's has")
	}
	file.Key = cmp.Or(file.Key, file.PrivateKey)
	switch {
	case file.Key == "":
		return keyFile{}, invalidKey("the JSON has no private key: it must have key_id, issuer_id and key, as fastlane's key file has")
	case strings.Trim(string(file.InHouse), `"`) == "true":
		return keyFile{}, invalidKey("the key is for the Enterprise Program (in_house), which App Store Connect does not accept: use a key of App Store Connect")
	}
	return file, nil
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
