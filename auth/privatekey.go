package auth

// The private key: PEM in, a P-256 key or one reason for refusal out.

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Why a private key is refused. Match them with [errors.Is].
var (
	ErrEmptyKey       = errors.New("the private key is empty: give the whole content of the AuthKey .p8 file")
	ErrKeyTooLarge    = errors.New("the private key is over 16 KiB: an AuthKey .p8 file has less than 1 KiB, so this is another file")
	ErrNotPEM         = errors.New("the private key is not PEM: give the whole .p8 file with its BEGIN and END lines")
	ErrMalformedKey   = errors.New("the private key is damaged or cut short: copy the .p8 file again")
	ErrEncryptedKey   = errors.New("the private key is encrypted: decrypt it first, for example with openssl pkcs8 -topk8 -nocrypt")
	ErrRSAKey         = errors.New("the key is RSA: App Store Connect takes ECDSA keys on P-256 only, use the .p8 file it gave you")
	ErrWrongCurve     = errors.New("the key is on another curve than P-256: use the .p8 file that App Store Connect gave you")
	ErrPublicKey      = errors.New("this is a public key: tokens are signed with the private one, in the AuthKey .p8 file")
	ErrCertificate    = errors.New("this is a certificate or a request for one: tokens are signed with the private key, in the AuthKey .p8 file")
	ErrUnsupportedKey = errors.New("the key is of another kind than ECDSA on P-256: use the .p8 file that App Store Connect gave you")
)

// maxKeySize bounds what is read and parsed as a private key, in bytes.
const maxKeySize = 16 << 10

// ParsePrivateKey reads a private key as App Store Connect issues it: PKCS#8
// PEM, ECDSA on P-256 (documented by Apple). SEC1 PEM is accepted too, and so
// are an EC PARAMETERS block before the key, a byte order mark, CRLF line
// ends, indentation and a missing final newline. What follows the key is ignored.
//
// Each reason for refusal has an error of its own: [ErrEmptyKey],
// [ErrKeyTooLarge] (over 16 KiB), [ErrNotPEM], [ErrMalformedKey],
// [ErrEncryptedKey], [ErrRSAKey], [ErrWrongCurve], [ErrPublicKey],
// [ErrCertificate], [ErrUnsupportedKey]. None of them quotes the input.
func ParsePrivateKey(pem []byte) (*ecdsa.PrivateKey, error) {
	key, err := parsePEM(pem)
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	return key, nil
}

func parsePEM(text []byte) (*ecdsa.PrivateKey, error) {
	if len(text) > maxKeySize {
		return nil, ErrKeyTooLarge
	}
	rest := tidyLines(text)
	if len(rest) == 0 {
		return nil, ErrEmptyKey
	}
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		switch {
		case block == nil && bytes.Contains(rest, []byte("-----BEGIN ")):
			return nil, ErrMalformedKey
		case block == nil:
			return nil, ErrNotPEM
		case block.Type != "EC PARAMETERS":
			return parseBlock(block)
		}
	}
}

// tidyLines removes what editors and YAML add and a PEM parser does not
// expect: a byte order mark, CR, indentation and blank lines.
func tidyLines(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	lines := bytes.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = bytes.TrimSpace(lines[i])
	}
	return bytes.TrimSpace(bytes.Join(lines, []byte("\n")))
}

func parseBlock(block *pem.Block) (*ecdsa.PrivateKey, error) {
	var key any
	var err error
	switch kind := block.Type; {
	case kind == "RSA PRIVATE KEY":
		return nil, ErrRSAKey
	case kind == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, ErrEncryptedKey
	case strings.HasSuffix(kind, "PUBLIC KEY"):
		return nil, ErrPublicKey
	case strings.Contains(kind, "CERTIFICATE"):
		return nil, ErrCertificate
	case kind == "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case kind == "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, ErrUnsupportedKey
	}
	// x509's errors are left out: they may describe the key's bytes.
	if err != nil {
		return nil, ErrMalformedKey
	}
	if private, ok := key.(interface{ Public() crypto.PublicKey }); ok {
		if err := checkPublicKey(private.Public()); err != nil {
			return nil, err
		}
	}
	if private, ok := key.(*ecdsa.PrivateKey); ok {
		return private, nil
	}
	return nil, ErrUnsupportedKey
}

// checkPublicKey returns nil for ECDSA on P-256 and the reason otherwise.
func checkPublicKey(public crypto.PublicKey) error {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		if key == nil || key.Curve != elliptic.P256() {
			return ErrWrongCurve
		}
		return nil
	case *rsa.PublicKey:
		return ErrRSAKey
	default:
		return ErrUnsupportedKey
	}
}
