// Package notification verifies what App Store Connect sends to a marketplace.
package notification

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// SignatureHeader names the request header that carries a notification's
// signature.
const SignatureHeader = "X-Apple-Signature"

// Sign returns the value of SignatureHeader for body, signed with secret.
func Sign(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return "hmacsha256=" + hex.EncodeToString(mac.Sum(nil))
}
