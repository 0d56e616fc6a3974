package asctest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

func TestKeyIsAsAppleHandsItOut(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	if !regexp.MustCompile(`^[A-Z0-9]{10}$`).MatchString(key.ID) ||
		!regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(key.IssuerID) {
		t.Errorf("ID %q, IssuerID %q", key.ID, key.IssuerID)
	}
	block, rest := pem.Decode(key.PEM())
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
		t.Fatalf("PEM %v, %d bytes after it", block, len(rest))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil || !key.Signer.(*ecdsa.PrivateKey).Equal(parsed) {
		t.Errorf("the PEM holds another key: %v", err)
	}
	raw, err := key.Signer.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d := new(big.Int).SetBytes(raw).String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if strings.Contains(fmt.Sprintf(verb, key), d) {
			t.Errorf("%s prints the private key", verb)
		}
	}
}

// remote is a key whose private part stays elsewhere.
type remote struct{ crypto.Signer }

func TestKeysThatCantBeUsed(t *testing.T) {
	t.Parallel()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := newKey(t)
	if (asctest.Key{Signer: remote{good.Signer}}).PEM() != nil {
		t.Error("a PEM without a private key")
	}
	for want, option := range map[string]asctest.Option{
		"needs ID and Signer":                         asctest.Key{ID: "K"},
		"not a P-256 key":                             asctest.Key{ID: "K", Signer: p384},
		"settings.rate_limit: must not be negative":   asctest.Settings{RateLimit: -1},
		"settings.second_create_status: must be from": asctest.Settings{SecondCreateStatus: 200, SecondCreateCode: "OK"},
		"settings.second_create_code: must go with":   asctest.Settings{SecondCreateStatus: 422},
		"apps[0]: must be an id":                      asctest.WithApp(""),
		"marketplace_webhook.endpoint_url: ":          asctest.MarketplaceWebhook{EndpointURL: "/relative"},
		"webhooks[0].url: must be":                    asctest.Webhook{AppID: "1", URL: "https://e.com/a b"},
		"webhooks[0].id: must be":                     asctest.Webhook{ID: "..", AppID: "1", URL: "https://e.com"},
		"webhooks[0].event_types: each must":          asctest.Webhook{AppID: "1", URL: "https://e.com", EventTypes: []string{"X"}},
		"must not be part of the id":                  asctest.MarketplaceWebhook{ID: "long-enough", EndpointURL: "https://e.com", Secret: "long-enough"},
	} {
		if _, err := asctest.New(option); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), "asctest: ") {
			t.Errorf("%q: %v", want, err)
		}
	}
}
