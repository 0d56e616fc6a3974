package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
)

// issueKeyFile does what App Store Connect does once: it creates a key and
// offers it as a file.
func issueKeyFile() (path string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	path = filepath.Join(folder, "AuthKey_2X9R4HXF34.p8")
	err = os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	if err != nil {
		panic(err)
	}
	return path
}

// Flags take precedence; what they leave empty comes from the environment.
func ExampleFindKey() {
	file := issueKeyFile()
	defer func() { _ = os.RemoveAll(filepath.Dir(file)) }()

	key, err := auth.FindKey(auth.KeyHint{
		File:     file, // --key-file
		IssuerID: "57246542-96fe-1a63-e053-0824d011072a",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(key)
	// Output: auth.Key(2X9R4HXF34)
}

func ExampleLocateKey() {
	file := issueKeyFile()
	defer func() { _ = os.RemoveAll(filepath.Dir(file)) }()

	key, place, err := auth.LocateKey(auth.KeyHint{File: file})
	fmt.Println(key, "from", place, err)
	// Output: auth.Key(2X9R4HXF34) from the key file <nil>
}

// The key ID is in the file's name. Without an issuer ID it is an individual key.
func ExampleReadKeyFile() {
	file := issueKeyFile()
	defer func() { _ = os.RemoveAll(filepath.Dir(file)) }()

	key, err := auth.ReadKeyFile(file, "", "")
	fmt.Println(key, err)
	// Output: auth.Key(2X9R4HXF34) <nil>
}

func ExampleParsePrivateKey() {
	_, err := auth.ParsePrivateKey([]byte("-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"))
	fmt.Println(errors.Is(err, auth.ErrInvalidKey))
	fmt.Println(err)
	// Output:
	// true
	// auth: this is a public key: tokens are signed with the private one, in the AuthKey .p8 file
}

func ExampleNewTokenSource() {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	tokens, err := auth.NewTokenSource(auth.Key{
		ID:       "2X9R4HXF34",
		IssuerID: "57246542-96fe-1a63-e053-0824d011072a",
		Signer:   private,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := tokens.Token(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Count(token, "."), "dots")
	// Output: 2 dots
}

// vault stands for a client of a KMS: the private key stays there.
type vault struct{ there *ecdsa.PrivateKey }

func (v vault) Public() crypto.PublicKey { return v.there.Public() }

func (v vault) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return v.there.Sign(random, digest, opts)
}

// For a key in a KMS or HSM, write a Signer.
func ExampleKey_kms() {
	private, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tokens, err := auth.NewTokenSource(auth.Key{ID: "2X9R4HXF34", Signer: vault{private}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = tokens.Token(context.Background())
	fmt.Println(tokens, err)
	// Output: auth.TokenSource(2X9R4HXF34) <nil>
}

// A read-only client gets tokens that are good for nothing else.
func ExampleWithScope() {
	private, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	key := auth.Key{ID: "2X9R4HXF34", Signer: private}
	_, err := auth.NewTokenSource(key, auth.WithScope("GET /v1/marketplaceWebhooks"))
	fmt.Println(err)
	// Output: <nil>
}

func ExampleWithLifetime() {
	private, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	key := auth.Key{ID: "2X9R4HXF34", Signer: private}
	_, err := auth.NewTokenSource(key, auth.WithLifetime(time.Hour))
	fmt.Println(err)
	// Output: auth: WithLifetime: the lifetime must be from 3 to 20 minutes
}

// After a 401, the response's Date corrects the next token.
func ExampleTokenSource_Refused() {
	private, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tokens, err := auth.NewTokenSource(auth.Key{ID: "2X9R4HXF34", Signer: private})
	if err != nil {
		fmt.Println(err)
		return
	}
	refused, _ := tokens.Token(context.Background())

	response := http.Response{
		StatusCode: http.StatusUnauthorized,
		Header:     http.Header{"Date": {"Thu, 01 Jan 2026 12:00:00 GMT"}},
	}
	date, _ := http.ParseTime(response.Header.Get("Date")) // zero if there is none
	tokens.Refused(refused, date)

	next, err := tokens.Token(context.Background())
	fmt.Println(next != refused, err)
	// Output: true <nil>
}
