package auth_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/auth"
)

// exposedSigner holds its key as badly as a Signer can: by value and exported.
type exposedSigner struct{ Private ecdsa.PrivateKey }

func (s exposedSigner) Public() crypto.PublicKey { return s.Private.Public() }

func (s exposedSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.Private.Sign(random, digest, opts)
}

// canaryError prints its secret under %#v too, unless it is hidden.
type canaryError string

func (e canaryError) Error() string { return string(e) }

// spellings returns how a scalar could appear in text.
func spellings(t *testing.T, key *ecdsa.PrivateKey) map[string]string {
	scalar, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Split(pkcs8(t, key), "\n")
	return map[string]string{
		"hexadecimal": fmt.Sprintf("%x", scalar[4:]),
		"decimal":     strings.TrimLeft(fmt.Sprint(key.D)[2:], "0"), //nolint:staticcheck // the way fmt prints it
		"bytes":       strings.Trim(fmt.Sprintf("%d", scalar), "[]"),
		"base64":      base64.StdEncoding.EncodeToString(scalar)[:40],
		"words":       strings.Trim(fmt.Sprint(key.D.Bits()), "[]"), //nolint:staticcheck // the way fmt prints it
		"PEM":         body[1],
	}
}

// sweep prints, logs and encodes the value in every way and looks for secrets.
func sweep(t *testing.T, value any, secrets map[string]string) {
	t.Helper()
	var out bytes.Buffer
	for _, flags := range []string{"", "+", "#", "0", "-", " ", "+#", "200."} {
		for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
			fmt.Fprintf(&out, "%"+flags+string(verb)+"\n", value)
		}
	}
	fmt.Fprintln(&out, value)
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	handlers := []slog.Handler{slog.NewTextHandler(&out, options), slog.NewJSONHandler(&out, options)}
	for _, handler := range handlers {
		logger := slog.New(handler)
		logger.Info("canary", "value", value, slog.Group("group", "value", value))
		logger.With("value", value).Info("canary", "text", fmt.Sprint(value))
	}
	for _, encode := range []func(any) error{
		json.NewEncoder(&out).Encode, xml.NewEncoder(&out).Encode, gob.NewEncoder(&out).Encode,
	} {
		if err := encode(value); err != nil {
			fmt.Fprintln(&out, err)
		}
	}
	text := strings.ToLower(out.String())
	for spelling, secret := range secrets {
		if strings.Contains(text, strings.ToLower(secret)) {
			t.Errorf("%T shows a secret, as %s", value, spelling)
		}
	}
}

func TestNothingShowsThePrivateKeyOrTheToken(t *testing.T) {
	private := newPrivateKey(t, elliptic.P256())
	for _, signer := range []crypto.Signer{private, exposedSigner{*private}, &exposedSigner{*private}} {
		t.Run(fmt.Sprintf("%T", signer), func(t *testing.T) {
			key := auth.Key{ID: keyID, IssuerID: issuerID, Signer: signer}
			source := newSource(t, signer)
			token := mustToken(t, source)
			secrets := spellings(t, private)
			secrets["token"] = token
			secrets["signature"] = token[strings.LastIndex(token, ".")+1:]
			values := []any{
				key, &key, []auth.Key{key}, map[string]auth.Key{"key": key}, map[auth.Key]int{key: 1}, [1]any{key},
				struct{ Key auth.Key }{key}, &struct{ key *auth.Key }{&key},
				source, []any{source},
				struct{ Tokens *auth.TokenSource }{source}, struct{ tokens *auth.TokenSource }{source},
			}
			// fmt calls no methods in unexported fields, so there the Signer must be a pointer.
			if _, byValue := signer.(exposedSigner); !byValue {
				values = append(values, struct{ key auth.Key }{key})
			}
			for _, value := range values {
				sweep(t, value, secrets)
			}
		})
	}
}

func TestSweepFindsAPrintedKey(t *testing.T) {
	private := newPrivateKey(t, elliptic.P256())
	if out := fmt.Sprintf("%+v", private); !strings.Contains(out, spellings(t, private)["decimal"]) {
		t.Error("the sweep cannot tell how fmt prints a private key")
	}
	if out, _ := json.Marshal(private); !strings.Contains(string(out), spellings(t, private)["decimal"]) {
		t.Error("the sweep cannot tell how json prints a private key")
	}
}

func TestKeyAndSourcePrintTheirID(t *testing.T) {
	signer := newRemoteSigner(t)
	key := auth.Key{ID: keyID, IssuerID: issuerID, Signer: signer}
	encoded, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		fmt.Sprint(key):                  "auth.Key(2X9R4HXF34)",
		fmt.Sprintf("+%+v", key):         "+auth.Key(2X9R4HXF34)",
		fmt.Sprintf("#%#v", key):         "#auth.Key(2X9R4HXF34)",
		fmt.Sprintf("s%s", &key):         "sauth.Key(2X9R4HXF34)",
		string(encoded):                  `"auth.Key(2X9R4HXF34)"`,
		fmt.Sprint(newSource(t, signer)): "auth.TokenSource(2X9R4HXF34)",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSignerErrorIsKeptButNotShown(t *testing.T) {
	canary := canaryError("canary-" + pkcs8(t, newPrivateKey(t, elliptic.P256())))
	signer := newRemoteSigner(t)
	signer.before = func(int32) error { return canary }
	_, err := newSource(t, signer).Token(t.Context())
	if !errors.Is(err, canary) {
		t.Errorf("the reason is lost: %v", err)
	}
	sweep(t, err, map[string]string{"text": string(canary[:40])})
}
