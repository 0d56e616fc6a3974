package auth

// The forms that a private key's text takes on its way through other tools.

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseKey reads DER, PEM whose line breaks may be lost, and either of them in
// base64, once or several times. Only what stands between BEGIN and END counts.
func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	if len(text) > maxKeySize {
		return nil, refusedTooLarge
	}
	if looksLikeDER(text) {
		return parseUnlabelled(text)
	}
	compact := compactText(text)
	switch {
	case compact == "":
		return nil, refusedEmpty
	case strings.Contains(compact, "-----BEGIN"):
		return parsePEM(compact)
	}
	decoded, err := decodeBase64(compact)
	switch {
	case err == nil:
		return parseKey(decoded) // shorter by a quarter, so this ends
	case looksLikeDER(decoded), bytes.HasPrefix(decoded, []byte("-----BEGIN")), strings.Contains(compact, "PRIVATEKEY"):
		return nil, refusedMalformed
	default:
		return nil, refusedUnknown
	}
}

// compactText removes what no label and no base64 contains, and what editors,
// shells, YAML, JSON and env files add: spaces and line breaks, as themselves or
// escaped (in JSON within JSON by several backslashes), quotes, byte order marks,
// and the NULs of UTF-16.
func compactText(text []byte) string {
	escaped := false
	return strings.Map(func(r rune) rune {
		afterBackslash := escaped
		escaped = r == '\\'
		if escaped || r <= ' ' || unicode.IsSpace(r) || strings.ContainsRune("\"'\u200B\uFEFF", r) ||
			afterBackslash && (r == 'n' || r == 'r' || r == 't') {
			return -1
		}
		return r
	}, string(text))
}

// parsePEM reads the first block that is not EC PARAMETERS, in compact text.
func parsePEM(rest string) (*ecdsa.PrivateKey, error) {
	for {
		_, block, found := strings.Cut(rest, "-----BEGIN")
		if !found {
			return nil, refusedUnknown
		}
		kind, block, _ := strings.Cut(block, "-----")
		body, after, whole := strings.Cut(block, "-----END"+kind+"-----")
		switch {
		case !whole:
			return nil, refusedMalformed
		case kind != "ECPARAMETERS":
			return parseBlock(kind, body)
		}
		rest = after
	}
}

// decodeBase64 returns what precedes an error, too. Padding may be missing.
func decodeBase64(compact string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(compact, "="))
}

// looksLikeDER is true for an ASN.1 sequence that is not text by chance.
func looksLikeDER(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0x30}) && !utf8.Valid(data)
}

// parseUnlabelled tells DER of something else from DER that is damaged, without a label to go by.
func parseUnlabelled(der []byte) (*ecdsa.PrivateKey, error) {
	key, err := parseDER(der)
	if _, notDER := asn1.Unmarshal(der, new(asn1.RawValue)); errors.Is(err, refusedMalformed) && notDER == nil {
		return nil, refusedKind
	}
	return key, err
}
