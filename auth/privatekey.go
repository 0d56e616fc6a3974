package auth

// From text to a P-256 key, or to the reason for refusing it.

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"
)

const (
	refusedEmpty       invalidKey = "the private key is empty: give the whole content of the AuthKey .p8 file"
	refusedTooLarge    invalidKey = "the private key is over 16 KiB: an AuthKey .p8 file has less than 1 KiB, so this is another file"
	refusedUnknown     invalidKey = "the private key is in no known form: give the whole .p8 file with its BEGIN and END lines"
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
// PEM, ECDSA on P-256 (documented by Apple). It also accepts SEC1, an EC
// PARAMETERS block before the key, and DER, and each of them as other tools pass
// it on: in base64, without its BEGIN and END lines, with line breaks lost or
// written as \n, in quotes, indented, with CRLF or a byte order mark, in UTF-16.
// Anything after the key is ignored.
//
// The error matches [ErrInvalidKey]. Its text says what the input is instead
// (empty, over 16 KiB, in no known form, damaged, encrypted, RSA, on another
// curve, a public key, a certificate, another kind of key) and what to do, and
// never quotes the input.
func ParsePrivateKey(pem []byte) (*ecdsa.PrivateKey, error) {
	key, err := parseKey(pem)
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	return key, nil
}

// parseBlock takes a PEM block's label and body without spaces.
func parseBlock(kind, body string) (*ecdsa.PrivateKey, error) {
	switch {
	case kind == "RSAPRIVATEKEY":
		return nil, refusedRSA
	case kind == "ENCRYPTEDPRIVATEKEY", strings.HasPrefix(body, "Proc-Type:4,ENCRYPTED"):
		return nil, refusedEncrypted
	case strings.HasSuffix(kind, "PUBLICKEY"):
		return nil, refusedPublic
	case strings.Contains(kind, "CERTIFICATE"):
		return nil, refusedCertificate
	case kind != "PRIVATEKEY" && kind != "ECPRIVATEKEY":
		return nil, refusedKind
	}
	der, err := decodeBase64(body)
	if err != nil {
		return nil, refusedMalformed
	}
	return parseDER(der)
}

// parseDER reads PKCS#8 or SEC1, whatever the label said.
func parseDER(der []byte) (*ecdsa.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		key, err = x509.ParseECPrivateKey(der)
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
