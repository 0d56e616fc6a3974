package auth

// Parsing the private key from PEM, with a reason for each refusal.

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

const (
	refusedEmpty       invalidKey = "the private key is empty: give the whole content of the AuthKey .p8 file"
	refusedTooLarge    invalidKey = "the private key is over 16 KiB: an AuthKey .p8 file has less than 1 KiB, so this is another file"
	refusedNotPEM      invalidKey = "the private key is not PEM: give the whole .p8 file with its BEGIN and END lines"
	refusedMalformed   invalidKey = "the private key is damaged or cut short: copy the .p8 file again"
	refusedEncrypted   invalidKey = "the private key is encrypted: decrypt it first, for example with openssl pkcs8 -topk8 -nocrypt"
	refusedRSA         invalidKey = "the key is RSA: App Store Connect takes ECDSA keys on P-256 only, use the .p8 file it gave you"
	refusedCurve       invalidKey = "the key is on another curve than P-256: use the .p8 file that App Store Connect gave you"
	refusedPublic      invalidKey = "this is a public key: tokens are signed with the private one, in the AuthKey .p8 file"
	refusedCertificate invalidKey = "this is a certificate or a request for one: tokens are signed with the private key, in the AuthKey .p8 file"
	refusedKind        invalidKey = "the key is of another kind than ECDSA on P-256: use the .p8 file that App Store Connect gave you"
)

// maxKeySize is the most that is read and parsed as a private key, in bytes.
const maxKeySize = 16 << 10

// ParsePrivateKey parses a private key as App Store Connect issues it: PKCS#8
// PEM, ECDSA on P-256 (documented by Apple). It also accepts SEC1 PEM, an EC
// PARAMETERS block before the key, a byte order mark, CRLF line endings,
// indentation and a missing final newline. Anything after the key is ignored.
//
// The error matches [ErrInvalidKey]. Its text says what the input is instead
// (empty, over 16 KiB, not PEM, damaged, encrypted, RSA, on another curve, a
// public key, a certificate, another kind of key) and what to do, and never
// quotes the input.
func ParsePrivateKey(pem []byte) (*ecdsa.PrivateKey, error) {
	key, err := parsePEM(pem)
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	return key, nil
}

func parsePEM(text []byte) (*ecdsa.PrivateKey, error) {
	if len(text) > maxKeySize {
		return nil, refusedTooLarge
	}
	rest := tidyLines(text)
	if len(rest) == 0 {
		return nil, refusedEmpty
	}
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		switch {
		case block == nil && bytes.Contains(rest, []byte("-----BEGIN ")):
			return nil, refusedMalformed
		case block == nil:
			return nil, refusedNotPEM
		case block.Type != "EC PARAMETERS":
			return parseBlock(block)
		}
	}
}

// tidyLines removes what editors and YAML add and a PEM parser does not
// expect: a byte order mark, CR, indentation and blank lines.
func tidyLines(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	var tidy []byte
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			tidy = append(append(tidy, line...), '\n')
		}
	}
	return tidy
}

func parseBlock(block *pem.Block) (*ecdsa.PrivateKey, error) {
	var key any
	var err error
	switch kind := block.Type; {
	case kind == "RSA PRIVATE KEY":
		return nil, refusedRSA
	case kind == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, refusedEncrypted
	case strings.HasSuffix(kind, "PUBLIC KEY"):
		return nil, refusedPublic
	case strings.Contains(kind, "CERTIFICATE"):
		return nil, refusedCertificate
	case kind == "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case kind == "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, refusedKind
	}
	if err != nil {
		return nil, refusedMalformed // x509's own error may describe the key's bytes
	}
	if private, ok := key.(interface{ Public() crypto.PublicKey }); ok {
		if err := checkPublicKey(private.Public()); err != nil {
			return nil, err
		}
	}
	if private, ok := key.(*ecdsa.PrivateKey); ok {
		return private, nil
	}
	return nil, refusedKind
}

// checkPublicKey returns nil for ECDSA on P-256 and the reason otherwise.
func checkPublicKey(public crypto.PublicKey) error {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		if key == nil || key.Curve != elliptic.P256() {
			return refusedCurve
		}
		return nil
	case *rsa.PublicKey:
		return refusedRSA
	default:
		return refusedKind
	}
}
