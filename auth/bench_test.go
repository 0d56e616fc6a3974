package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"testing"
	"time"
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

// BenchmarkTokenCached stands beside a mutex around a string and its expiry.
func BenchmarkTokenCached(b *testing.B) {
	ctx := b.Context()
	b.Run("ours", func(b *testing.B) {
		source := newSource(b, newPrivateKey(b, elliptic.P256()))
		b.ReportAllocs()
		for b.Loop() {
			_, _ = source.Token(ctx)
		}
	})
	b.Run("reference", func(b *testing.B) {
		cache := lockedCache{text: "token", expires: time.Now().Add(time.Hour)}
		b.ReportAllocs()
		for b.Loop() {
			cache.token()
		}
	})
}

func BenchmarkTokenCachedParallel(b *testing.B) {
	ctx := b.Context()
	b.Run("ours", func(b *testing.B) {
		source := newSource(b, newPrivateKey(b, elliptic.P256()))
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, _ = source.Token(ctx)
			}
		})
	})
	b.Run("reference", func(b *testing.B) {
		cache := lockedCache{text: "token", expires: time.Now().Add(time.Hour)}
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				cache.token()
			}
		})
	})
}

type lockedCache struct {
	mu      sync.Mutex
	text    string
	expires time.Time
}

func (c *lockedCache) token() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().After(c.expires) {
		return ""
	}
	return c.text
}

// BenchmarkTokenSign makes a whole token each time, beside the bare signature.
func BenchmarkTokenSign(b *testing.B) {
	ctx := b.Context()
	private := newPrivateKey(b, elliptic.P256())
	b.Run("ours", func(b *testing.B) {
		source := newSource(b, private)
		b.ReportAllocs()
		for b.Loop() {
			token, err := source.Token(ctx)
			if err != nil {
				b.Fatal(err)
			}
			source.Refused(token, time.Time{})
		}
	})
	b.Run("reference", func(b *testing.B) {
		digest := sha256.Sum256([]byte("header.claims"))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ecdsa.SignASN1(rand.Reader, private, digest[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
