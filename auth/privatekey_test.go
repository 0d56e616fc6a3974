package auth_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/auth"
)

// acceptedForms returns one key in every form that must parse.
func acceptedForms(t testing.TB) (forms map[string]string, scalar []byte) {
	key := newPrivateKey(t, elliptic.P256())
	scalar, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p8 := pkcs8(t, key)
	sec1 := block(t, "EC PRIVATE KEY")(x509.MarshalECPrivateKey(key))
	parameters := block(t, "EC PARAMETERS")(asn1.Marshal(asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}))
	return map[string]string{
		"PKCS#8":                p8,
		"SEC1":                  sec1,
		"EC PARAMETERS first":   parameters + sec1,
		"CRLF":                  strings.ReplaceAll(p8, "\n", "\r\n"),
		"CR":                    strings.ReplaceAll(p8, "\n", "\r"),
		"no final newline":      strings.TrimSpace(p8),
		"byte order mark":       "\xEF\xBB\xBF" + p8,
		"indented with spaces":  "    " + strings.ReplaceAll(p8, "\n", "\n    "),
		"indented with tabs":    "\t" + strings.ReplaceAll(p8, "\n", "\n\t"),
		"trailing spaces":       strings.ReplaceAll(p8, "\n", "  \n"),
		"blank lines":           "\n\n" + strings.ReplaceAll(p8, "\n", "\n\n"),
		"text before the block": "Bag Attributes\n  friendlyName: key\n" + p8,
		"everything at once":    "\xEF\xBB\xBF\r\n  " + strings.ReplaceAll(strings.TrimSpace(parameters+sec1), "\n", "\r\n  "),
	}, scalar
}

func TestParsePrivateKeyAccepts(t *testing.T) {
	forms, want := acceptedForms(t)
	for name, text := range forms {
		t.Run(name, func(t *testing.T) {
			key, err := auth.ParsePrivateKey([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := key.Bytes(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("another key came out (error %v)", err)
			}
		})
	}
}

// refusals are all reasons that there are.
var refusals = []error{
	auth.ErrEmptyKey, auth.ErrKeyTooLarge, auth.ErrNotPEM, auth.ErrMalformedKey, auth.ErrEncryptedKey,
	auth.ErrRSAKey, auth.ErrWrongCurve, auth.ErrPublicKey, auth.ErrCertificate, auth.ErrUnsupportedKey,
}

type refusedForm struct {
	text string
	want error
}

// refusedForms returns what must not parse, and why.
func refusedForms(t testing.TB) map[string]refusedForm {
	key, p384 := newPrivateKey(t, elliptic.P256()), newPrivateKey(t, elliptic.P384())
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	xKey, _ := ecdh.X25519().GenerateKey(rand.Reader)
	sec1, _ := x509.MarshalECPrivateKey(key)
	encryptedSEC1 := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1,
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}})
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	p8 := pkcs8(t, key)
	lines := strings.SplitAfter(p8, "\n")
	return map[string]refusedForm{
		"nothing":                {"", auth.ErrEmptyKey},
		"only space":             {" \r\n\t\n", auth.ErrEmptyKey},
		"only a byte order mark": {"\xEF\xBB\xBF\n", auth.ErrEmptyKey},
		"too large":              {p8 + strings.Repeat("\n", 16<<10), auth.ErrKeyTooLarge},
		"a path":                 {"/keys/AuthKey_2X9R4HXF34.p8", auth.ErrNotPEM},
		"no armour":              {strings.Join(lines[1:4], ""), auth.ErrNotPEM},
		"no END line":            {strings.Join(lines[:4], ""), auth.ErrMalformedKey},
		"a line lost":            {lines[0] + strings.Join(lines[2:], ""), auth.ErrMalformedKey},
		"not base64":             {lines[0] + "!" + strings.Join(lines[1:], ""), auth.ErrMalformedKey},
		"only parameters":        {block(t, "EC PARAMETERS")([]byte{6, 0}, nil), auth.ErrNotPEM},
		"SEC1 called PKCS#8":     {block(t, "PRIVATE KEY")(sec1, nil), auth.ErrMalformedKey},
		"encrypted PKCS#8":       {block(t, "ENCRYPTED PRIVATE KEY")(sec1, nil), auth.ErrEncryptedKey},
		"encrypted SEC1":         {string(encryptedSEC1), auth.ErrEncryptedKey},
		"RSA in PKCS#8":          {pkcs8(t, rsaKey), auth.ErrRSAKey},
		"RSA in PKCS#1":          {block(t, "RSA PRIVATE KEY")(x509.MarshalPKCS1PrivateKey(rsaKey), nil), auth.ErrRSAKey},
		"P-224":                  {pkcs8(t, newPrivateKey(t, elliptic.P224())), auth.ErrWrongCurve},
		"P-384":                  {pkcs8(t, p384), auth.ErrWrongCurve},
		"P-384 in SEC1":          {block(t, "EC PRIVATE KEY")(x509.MarshalECPrivateKey(p384)), auth.ErrWrongCurve},
		"public key":             {block(t, "PUBLIC KEY")(x509.MarshalPKIXPublicKey(key.Public())), auth.ErrPublicKey},
		"RSA public key":         {block(t, "RSA PUBLIC KEY")(x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey), nil), auth.ErrPublicKey},
		"certificate":            {block(t, "CERTIFICATE")(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)), auth.ErrCertificate},
		"certificate request":    {block(t, "CERTIFICATE REQUEST")(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)), auth.ErrCertificate},
		"Ed25519":                {pkcs8(t, edKey), auth.ErrUnsupportedKey},
		"X25519":                 {pkcs8(t, xKey), auth.ErrUnsupportedKey},
		"OpenSSH":                {block(t, "OPENSSH PRIVATE KEY")(sec1, nil), auth.ErrUnsupportedKey},
	}
}

func TestParsePrivateKeyRefuses(t *testing.T) {
	for name, form := range refusedForms(t) {
		t.Run(name, func(t *testing.T) {
			key, err := auth.ParsePrivateKey([]byte(form.text))
			if key != nil {
				t.Error("a key came out")
			}
			for _, reason := range refusals {
				if got, want := errors.Is(err, reason), errors.Is(form.want, reason); got != want {
					t.Errorf("error %q: match with %q is %t", err, reason, got)
				}
			}
			if want := "auth: " + form.want.Error(); err == nil || err.Error() != want {
				t.Errorf("error text %q, want %q", err, want)
			}
		})
	}
}

func TestRefusalsAreOneLineAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, reason := range refusals {
		text := reason.Error()
		if seen[text] || strings.ContainsAny(text, "\r\n") {
			t.Errorf("not one line of its own: %q", text)
		}
		seen[text] = true
	}
}
