package notification

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// SignatureHeader names the request header that carries a notification's
// signature (documented by Apple).
const SignatureHeader = "X-Apple-Signature"

const signaturePrefix = "hmacsha256="

// Sign returns the value of SignatureHeader for body, signed with secret. As
// Apple documents it, that is "hmacsha256=" and the HMAC-SHA256 of the body's
// bytes in lower-case hex. It is for senders: tests, fakes and tools.
func Sign(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil))
}

// parseSignature returns the MAC that a header value claims.
func parseSignature(value string) (mac [sha256.Size]byte, err error) {
	digits, found := strings.CutPrefix(value, signaturePrefix)
	if !found || len(digits) != hex.EncodedLen(len(mac)) {
		return mac, ErrSignatureFormat
	}
	if _, err := hex.Decode(mac[:], []byte(digits)); err != nil {
		return mac, ErrSignatureFormat
	}
	return mac, nil
}
