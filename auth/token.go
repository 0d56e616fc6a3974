package auth

// One token: its claims and its ES256 signature.

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// audience is the one that Apple documents, sent as a string and not as an array.
const audience = "appstoreconnect-v1"

// backdating is how far in the past iat is, for clocks that are ahead of
// Apple's. It counts against the lifetime.
const backdating = time.Minute

// sign returns a token issued at the given time, by App Store Connect's clock.
func (s *TokenSource) sign(at time.Time) (string, error) {
	iat := at.Add(-backdating).Unix()
	claims := jwt.MapClaims{"aud": audience, "iat": iat, "exp": iat + int64(s.lifetime/time.Second)}
	if s.key.IssuerID != "" {
		claims["iss"] = s.key.IssuerID
	} else {
		claims["sub"] = "user"
	}
	if s.scope != nil {
		claims["scope"] = s.scope
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"] = s.key.ID
	text, err := token.SigningString()
	if err != nil {
		return "", fmt.Errorf("auth: encoding the token: %w", err)
	}
	signature, err := signES256(s.key.Signer, text)
	if err != nil {
		return "", err
	}
	return text + "." + token.EncodeSegment(signature), nil
}

// signES256 returns r and s as JWT requires them, 32 bytes each. jwt's own
// method takes an *ecdsa.PrivateKey only; this one works with any Signer, and
// verifies what it returned: a KMS adapter may mix up keys or hash twice.
func signES256(signer crypto.Signer, text string) ([]byte, error) {
	digest := sha256.Sum256([]byte(text))
	der, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, &signerError{&err}
	}
	var signature struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &signature)
	if err != nil || len(rest) > 0 {
		return nil, errSignature
	}
	public, ok := signer.Public().(*ecdsa.PublicKey)
	if !ok || !ecdsa.VerifyASN1(public, digest[:], der) {
		return nil, errMismatch
	}
	raw := make([]byte, 64)
	signature.R.FillBytes(raw[:32])
	signature.S.FillBytes(raw[32:])
	return raw, nil
}

var (
	errSignature = errors.New("auth: the key's Signer did not return an ASN.1 signature of ECDSA on P-256")
	errMismatch  = fmt.Errorf("auth: %w", invalidKey("the Signer's signature does not fit its public key: check which key it signs with, and that it signs the digest as it is"))
	errPanicked  = errors.New("auth: the key's Signer panicked in another call")
)

// signerError hides the text of a Signer's error, which may contain anything,
// and keeps the error for errors.Is, errors.As and errors.Unwrap. The pointer
// hides it from %#v.
type signerError struct{ cause *error }

func (e *signerError) Error() string {
	return "auth: the key's Signer failed: unwrap this error for its reason"
}

func (e *signerError) Unwrap() error { return *e.cause }
