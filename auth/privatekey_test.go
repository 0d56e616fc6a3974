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
	"encoding/base64"
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
		"both on one line":      strings.ReplaceAll(parameters+sec1, "\n", " "),
		"SEC1 in base64":        base64.StdEncoding.EncodeToString([]byte(der(sec1))),
		"SEC1 called PKCS#8":    strings.ReplaceAll(sec1, "EC PRIVATE", "PRIVATE"),
		"CRLF":                  strings.ReplaceAll(p8, "\n", "\r\n"),
		"CR":                    strings.ReplaceAll(p8, "\n", "\r"),
		"no final newline":      strings.TrimSpace(p8),
		"byte order mark":       "\xEF\xBB\xBF" + p8,
		"indented with spaces":  "    " + strings.ReplaceAll(p8, "\n", "\n    "),
		"indented with tabs":    "\t" + strings.ReplaceAll(p8, "\n", "\n\t"),
		"trailing spaces":       strings.ReplaceAll(p8, "\n", "  \n"),
		"blank lines":           "\n\n" + strings.ReplaceAll(p8, "\n", "\n\n"),
		"text before the block": "Bag Attributes\n  friendlyName: key\n" + p8,
		"everything at once": "\xEF\xBB\xBF\r\n  " +
			strings.ReplaceAll(strings.TrimSpace(parameters+sec1), "\n", "\r\n  "),
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
			got, err := key.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Error("another key came out")
			}
		})
	}
}

type refusedForm struct{ text, want string }

// refusedForms returns what must not parse, and how the error's text begins.
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
	certificate := block(t, "CERTIFICATE")(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	csr := &x509.CertificateRequest{}
	request := block(t, "CERTIFICATE REQUEST")(x509.CreateCertificateRequest(rand.Reader, csr, key))
	publicRSA := block(t, "RSA PUBLIC KEY")(x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey), nil)
	public := block(t, "PUBLIC KEY")(x509.MarshalPKIXPublicKey(key.Public()))
	privateRSA := block(t, "RSA PRIVATE KEY")(x509.MarshalPKCS1PrivateKey(rsaKey), nil)
	sec1P384 := block(t, "EC PRIVATE KEY")(x509.MarshalECPrivateKey(p384))
	p8 := pkcs8(t, key)
	lines := strings.SplitAfter(p8, "\n")
	return map[string]refusedForm{
		"nothing":                {"", "the private key is empty"},
		"only space":             {" \r\n\t\n", "the private key is empty"},
		"only a byte order mark": {"\xEF\xBB\xBF\n", "the private key is empty"},
		"too large":              {p8 + strings.Repeat("\n", 16<<10), "the private key is over 16 KiB"},
		"a path":                 {"/keys/AuthKey_2X9R4HXF34.p8", "the private key is in no known form"},
		"a word":                 {"canary", "the private key is in no known form"},
		"base64 of a word":       {base64.StdEncoding.EncodeToString([]byte("canary")), "the private key is in no known form"},
		"a number":               {"0123456789", "the private key is in no known form"},
		"a word in quotes":       {`"canary"`, "the private key is in no known form"},
		"no END line":            {strings.Join(lines[:4], ""), "the private key is damaged"},
		"a line lost":            {lines[0] + strings.Join(lines[2:], ""), "the private key is damaged"},
		"not base64":             {lines[0] + "!" + strings.Join(lines[1:], ""), "the private key is damaged"},
		"a space for a plus":     {lines[0] + strings.Repeat("A", 63) + "\n" + strings.Join(lines[2:], ""), "the private key is damaged"},
		"no BEGIN line":          {strings.Join(lines[1:], ""), "the private key is damaged"},
		"a dash lost":            {p8[1:], "the private key is damaged"},
		"another END line":       {strings.Replace(p8, "END ", "END EC ", 1), "the private key is damaged"},
		"bare, a line lost":      {strings.Join(lines[1:3], ""), "the private key is damaged"},
		"bare, a character lost": {strings.Join(lines[1:4], "")[:180], "the private key is damaged"},
		"bare, not base64":       {strings.Join(lines[1:3], "") + "!" + lines[3], "the private key is damaged"},
		"base64, cut short":      {base64.StdEncoding.EncodeToString([]byte(p8))[:150], "the private key is damaged"},
		"base64, not base64":     {base64.StdEncoding.EncodeToString([]byte(p8))[:150] + "!", "the private key is damaged"},
		"DER, cut short":         {der(p8)[:100], "the private key is damaged"},
		"only parameters":        {block(t, "EC PARAMETERS")([]byte{6, 0}, nil), "the private key is in no known form"},
		"bare public key":        {der(public), "the key is of another kind"},
		"bare certificate":       {der(certificate), "the key is of another kind"},
		"bare RSA in PKCS#8":     {der(pkcs8(t, rsaKey)), "the key is RSA"},
		"encrypted PKCS#8":       {block(t, "ENCRYPTED PRIVATE KEY")(sec1, nil), "the private key is encrypted"},
		"encrypted SEC1":         {string(encryptedSEC1), "the private key is encrypted"},
		"RSA in PKCS#8":          {pkcs8(t, rsaKey), "the key is RSA"},
		"RSA in PKCS#1":          {privateRSA, "the key is RSA"},
		"P-224":                  {pkcs8(t, newPrivateKey(t, elliptic.P224())), "the key is on another curve"},
		"P-384":                  {pkcs8(t, p384), "the key is on another curve"},
		"P-384 in SEC1":          {sec1P384, "the key is on another curve"},
		"public key":             {public, "this is a public key"},
		"RSA public key":         {publicRSA, "this is a public key"},
		"certificate":            {certificate, "this is a certificate"},
		"certificate request":    {request, "this is a certificate"},
		"Ed25519":                {pkcs8(t, edKey), "the key is of another kind"},
		"X25519":                 {pkcs8(t, xKey), "the key is of another kind"},
		"OpenSSH":                {block(t, "OPENSSH PRIVATE KEY")(sec1, nil), "the key is of another kind"},
	}
}

func TestParsePrivateKeyRefuses(t *testing.T) {
	for name, form := range refusedForms(t) {
		t.Run(name, func(t *testing.T) {
			key, err := auth.ParsePrivateKey([]byte(form.text))
			if key != nil {
				t.Error("a key came out")
			}
			if !errors.Is(err, auth.ErrInvalidKey) {
				t.Fatalf("got %v, want an error that matches ErrInvalidKey", err)
			}
			if got, want := err.Error(), "auth: "+form.want; !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want it to begin with %q", got, want)
			}
		})
	}
}

func TestRefusalsAreOneLineAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, reason := range auth.Refusals {
		text := reason.Error()
		if seen[text] {
			t.Errorf("two refusals say %q", text)
		}
		if strings.ContainsAny(text, "\r\n") {
			t.Errorf("not one line: %q", text)
		}
		seen[text] = true
	}
}
