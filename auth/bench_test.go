package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/sidebyside"
)

func TestCachedTokenAllocations(t *testing.T) {
	source := newSource(t, newPrivateKey(t, elliptic.P256()))
	want := mustToken(t, source)
	ctx := t.Context()
	allocations := testing.AllocsPerRun(100, func() {
		if token, err := source.Token(ctx); token != want || err != nil {
			t.Error("not the cached token")
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// BenchmarkTokenCached compares with a mutex around a string and its expiry.
func BenchmarkTokenCached(b *testing.B) {
	source := newSource(b, newPrivateKey(b, elliptic.P256()))
	cache := lockedCache{text: "token", expires: time.Now().Add(time.Hour)}
	sidebyside.Run(b,
		func() error { _, err := source.Token(b.Context()); return err },
		func() error { return cache.use() })
}

type lockedCache struct {
	mu      sync.Mutex
	text    string
	expires time.Time
}

func (c *lockedCache) use() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().After(c.expires) {
		return errors.New("expired")
	}
	return nil
}

// BenchmarkTokenSign makes a whole token each time, beside the bare signature.
func BenchmarkTokenSign(b *testing.B) {
	private := newPrivateKey(b, elliptic.P256())
	source := newSource(b, private)
	digest := sha256.Sum256([]byte("header.claims"))
	sidebyside.Run(b,
		func() error {
			token, err := source.Token(b.Context())
			source.Refused(token, time.Time{})
			return err
		},
		func() error { _, err := ecdsa.SignASN1(rand.Reader, private, digest[:]); return err })
}
