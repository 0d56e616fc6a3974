package notification_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/racetest"
	"github.com/ascmarketplace/webhooks/notification"
)

// Apple's known answer.
const (
	knownSecret = "This is my secret"
	knownBody   = "Hello, World!"
	knownHex    = "7f062172b01cb00b53ca068614674a3d982a34062a0f5d37687d5e3377e54657"
)

func newVerifier(t testing.TB, secrets ...string) *notification.Verifier {
	t.Helper()
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		keys[i] = []byte(secret)
	}
	v, err := notification.NewVerifier(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestKnownAnswer(t *testing.T) {
	const header = "hmacsha256=" + knownHex
	if got := notification.Sign([]byte(knownSecret), []byte(knownBody)); got != header {
		t.Errorf("signed %s", got)
	}
	v := newVerifier(t, knownSecret)
	for range 3 { // the first use of a MAC and its reuse are different code
		if i, err := v.Verify([]byte(knownBody), header); i != 0 || err != nil {
			t.Errorf("got %d, %v", i, err)
		}
	}
}

func TestVerify(t *testing.T) {
	for _, test := range []struct {
		name, body, header string
		err                error
	}{
		{"upper-case hex", knownBody, "hmacsha256=" + strings.ToUpper(knownHex), nil},
		{"empty header", knownBody, "", notification.ErrSignatureFormat},
		{"no prefix", knownBody, knownHex, notification.ErrSignatureFormat},
		{"another algorithm", knownBody, "hmacsha512=" + knownHex, notification.ErrSignatureFormat},
		{"another case of the prefix", knownBody, "HMACSHA256=" + knownHex, notification.ErrSignatureFormat},
		{"a prefix of another provider", knownBody, "sha256=" + knownHex, notification.ErrSignatureFormat},
		{"prefix only", knownBody, "hmacsha256=", notification.ErrSignatureFormat},
		{"odd length", knownBody, "hmacsha256=" + knownHex[1:], notification.ErrSignatureFormat},
		{"truncated", knownBody, "hmacsha256=" + knownHex[:62], notification.ErrSignatureFormat},
		{"longer", knownBody, "hmacsha256=" + knownHex + "00", notification.ErrSignatureFormat},
		{"not hex", knownBody, "hmacsha256=g" + knownHex[1:], notification.ErrSignatureFormat},
		{"two in one", knownBody, "hmacsha256=" + knownHex + ",hmacsha256=" + knownHex, notification.ErrSignatureFormat},
		{"white space", knownBody, "hmacsha256= " + knownHex, notification.ErrSignatureFormat},
		{"zeros", knownBody, "hmacsha256=" + strings.Repeat("0", 64), notification.ErrSignatureMismatch},
		{"last digit", knownBody, "hmacsha256=" + knownHex[:63] + "8", notification.ErrSignatureMismatch},
		{"body altered", "hello, World!", "hmacsha256=" + knownHex, notification.ErrSignatureMismatch},
		{"newline added", knownBody + "\n", "hmacsha256=" + knownHex, notification.ErrSignatureMismatch},
		{"no body", "", "hmacsha256=" + knownHex, notification.ErrSignatureMismatch},
	} {
		if _, err := newVerifier(t, knownSecret).Verify([]byte(test.body), test.header); !errors.Is(err, test.err) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.err)
		}
	}
}

// TestRotation verifies with each of several secrets, and tells which.
func TestRotation(t *testing.T) {
	body := []byte(knownBody)
	v := newVerifier(t, "new", "old", "oldest", "old")
	for secret, want := range map[string]int{"new": 0, "old": 1, "oldest": 2} {
		if got, err := v.Verify(body, notification.Sign([]byte(secret), body)); got != want || err != nil {
			t.Errorf("%s: got %d, %v", secret, got, err)
		}
	}
	if got, err := v.Verify(body, notification.Sign([]byte("dropped"), body)); got != -1 || err == nil {
		t.Errorf("dropped: got %d, %v", got, err)
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	for name, secrets := range map[string][][]byte{
		"none": nil, "empty": {{}}, "nil": {nil}, "one of two empty": {[]byte("new"), {}},
		"a newline at the end": {[]byte("canary\n")}, "CRLF at the end": {[]byte("canary\r\n")},
		"CR at the end of one of two": {[]byte("new"), []byte("canary\r")},
	} {
		if v, err := notification.NewVerifier(secrets...); v != nil || err == nil {
			t.Errorf("%s: got %v, %v", name, v, err)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v shows the secret", name, err)
		}
	}
}

func TestZeroVerifierRefuses(t *testing.T) {
	var v notification.Verifier
	i, err := v.Verify(nil, notification.Sign(nil, nil))
	if i != -1 || !errors.Is(err, notification.ErrSignatureMismatch) {
		t.Errorf("got %d, %v", i, err)
	}
}

func TestVerifierCopiesSecrets(t *testing.T) {
	secret := []byte(knownSecret)
	v, err := notification.NewVerifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	clear(secret)
	if _, err := v.Verify([]byte(knownBody), "hmacsha256="+knownHex); err != nil {
		t.Error(err)
	}
}

func TestVerifyConcurrently(t *testing.T) {
	v := newVerifier(t, "new", "old")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			body := []byte{byte(i)}
			good, bad := notification.Sign([]byte("old"), body), notification.Sign([]byte("old"), nil)
			for range 200 {
				if secret, err := v.Verify(body, good); secret != 1 || err != nil {
					t.Errorf("good: %d, %v", secret, err)
				}
				if _, err := v.Verify(body, bad); err == nil {
					t.Error("bad: accepted")
				}
			}
		})
	}
	wg.Wait()
}

func TestVerifyAllocations(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector empties pools")
	}
	v := newVerifier(t, "new", "old")
	body := benchBody(t)
	header := notification.Sign([]byte("old"), body)
	allocs := testing.AllocsPerRun(1000, func() {
		if _, err := v.Verify(body, header); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// FuzzSignature: what is accepted has the MAC that crypto/hmac gives.
func FuzzSignature(f *testing.F) {
	f.Add([]byte(knownBody), "hmacsha256="+knownHex)
	f.Add([]byte(knownBody), "hmacsha256="+strings.ToUpper(knownHex))
	f.Add([]byte(knownBody), "hmacsha256="+knownHex[1:])
	f.Add([]byte{}, "")
	v := newVerifier(f, "new", knownSecret)
	secrets := []string{"new", knownSecret}
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		for i, secret := range secrets {
			if got, err := v.Verify(body, notification.Sign([]byte(secret), body)); got != i || err != nil {
				t.Errorf("own signature: %d, %v", got, err)
			}
		}
		i, err := v.Verify(body, header)
		if err != nil {
			return
		}
		claimed, err := hex.DecodeString(strings.TrimPrefix(header, "hmacsha256="))
		mac := hmac.New(sha256.New, []byte(secrets[i]))
		mac.Write(body)
		if err != nil || !hmac.Equal(mac.Sum(nil), claimed) {
			t.Errorf("accepted %q for %q", header, body)
		}
	})
}
