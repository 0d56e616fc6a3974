package auth_test

import (
	"crypto/elliptic"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
)

// machine is a wall clock that can be set, beside App Store Connect's, which is right.
type machine struct{ ahead time.Duration }

func (m *machine) now() time.Time   { return time.Now().Round(0).Add(m.ahead) }
func (m *machine) apple() time.Time { return time.Now().Round(0) }

// accepts reports whether App Store Connect would accept the token now.
func (m *machine) accepts(t *testing.T, token string, signer *remoteSigner) bool {
	t.Helper()
	iat, exp := times(t, token, signer.Public())
	return !iat.After(m.apple()) && exp.After(m.apple())
}

func newMachine(t *testing.T) (*machine, *remoteSigner, *auth.TokenSource) {
	clock, signer := &machine{}, newRemoteSigner(t)
	source := newSource(t, signer)
	source.SetWallClock(clock.now)
	return clock, signer, source
}

func TestRefusedMeasuresTheSkew(t *testing.T) {
	for name, test := range map[string]struct {
		ahead     time.Duration
		corrected bool
	}{
		"ahead by an hour":    {time.Hour, true},
		"behind by an hour":   {-time.Hour, true},
		"ahead by 61 s":       {61 * time.Second, true},
		"behind by 61 s":      {-61 * time.Second, true},
		"ahead by a minute":   {time.Minute, false},
		"behind by a minute":  {-time.Minute, false},
		"behind by a day":     {-24 * time.Hour, true},
		"behind by more":      {-24*time.Hour - time.Second, false},
		"ahead by years":      {20 * 365 * 24 * time.Hour, false},
		"behind by centuries": {-290 * 365 * 24 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock, signer, source := newMachine(t)
				clock.ahead = test.ahead
				refused := mustToken(t, source)
				source.Refused(refused, clock.apple())
				next := mustToken(t, source)
				if next == refused {
					t.Fatal("the refused token came again")
				}
				want := clock.now().Add(-time.Minute)
				if test.corrected {
					want = clock.apple().Add(-time.Minute)
				}
				if iat, exp := times(t, next, signer.Public()); !iat.Equal(want) || exp.Sub(iat) != 15*time.Minute {
					t.Errorf("iat is off by %s, lifetime %s", iat.Sub(want), exp.Sub(iat))
				}
			})
		})
	}
}

func TestSkewIsForgottenWhenTheClockIsSetRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, signer, source := newMachine(t)
		clock.ahead = -time.Hour
		source.Refused(mustToken(t, source), clock.apple())
		if !clock.accepts(t, mustToken(t, source), signer) {
			t.Fatal("not corrected")
		}
		clock.ahead = 0
		wrong := mustToken(t, source)
		source.Refused(wrong, clock.apple())
		if !clock.accepts(t, mustToken(t, source), signer) {
			t.Error("still corrected by a skew that is gone")
		}
	})
}

func TestRefusedDropsOnlyTheCurrentToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, signer, source := newMachine(t)
		first := mustToken(t, source)
		for _, other := range []string{"", "x", first[1:], first + "x"} {
			source.Refused(other, clock.apple().Add(time.Hour))
		}
		if mustToken(t, source) != first {
			t.Error("dropped for another token's refusal")
		}
		source.Refused(first, time.Time{})
		second := mustToken(t, source)
		if second == first || !clock.accepts(t, second, signer) {
			t.Error("not replaced by a good one")
		}
		source.Refused(first, clock.apple().Add(time.Hour))
		if mustToken(t, source) != second {
			t.Error("an old refusal, reported again, dropped the new token")
		}
		source.Refused(second, time.Time{})
		if !clock.accepts(t, mustToken(t, source), signer) {
			t.Error("an old refusal, reported again, changed the skew")
		}
	})
}

// TestSkewMeasuredWhileSigning: a token that was being signed is not cached,
// since it lacks the correction.
func TestSkewMeasuredWhileSigning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, signer, source := newMachine(t)
		clock.ahead = time.Hour
		first := mustToken(t, source)
		time.Sleep(13 * time.Minute)
		signer.before = func(call int32) error {
			time.Sleep(time.Duration(4-call) * time.Second) // the one in progress ends last
			return nil
		}
		var callers sync.WaitGroup
		callers.Go(func() { mustToken(t, source) })
		synctest.Wait()
		source.Refused(first, clock.apple())
		good := mustToken(t, source)
		callers.Wait()
		if !clock.accepts(t, good, signer) || mustToken(t, source) != good {
			t.Error("the token without the correction was kept")
		}
	})
}

func TestNoExpiredTokenWhenTheClockJumps(t *testing.T) {
	for name, test := range map[string]struct {
		asleep time.Duration // passes for App Store Connect and not for the monotonic clock
		jump   time.Duration // of the wall clock
	}{
		"set back":                       {0, -5 * time.Minute},
		"set back before the signature":  {0, -9 * time.Minute},
		"slept":                          {12 * time.Minute, 12 * time.Minute},
		"slept, and set back after that": {time.Hour, -9 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock, signer, source := newMachine(t)
				first := mustToken(t, source)
				_, exp := times(t, first, signer.Public())
				time.Sleep(8 * time.Minute)
				clock.ahead = test.jump
				for range 20 {
					if mustToken(t, source) == first && !clock.apple().Add(test.asleep).Before(exp) {
						t.Fatal("an expired token was handed out")
					}
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

// TestLateCallerSignsNothing: it saw the old token, and another caller signed a
// new one before it got the lock.
func TestLateCallerSignsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signer := newRemoteSigner(t)
		source := newSource(t, signer)
		mustToken(t, source)
		time.Sleep(14 * time.Minute)
		var between bool
		var other string
		source.SetWallClock(func() time.Time {
			if !between {
				between = true
				other = mustToken(t, source)
			}
			return time.Now()
		})
		if mustToken(t, source) != other || signer.calls.Load() != 2 {
			t.Errorf("%d signatures for two windows", signer.calls.Load())
		}
	})
}

// TestRealClock runs with the machine's own wall and monotonic clocks.
func TestRealClock(t *testing.T) {
	signer := newPrivateKey(t, elliptic.P256())
	source := newSource(t, signer)
	first := mustToken(t, source)
	if mustToken(t, source) != first {
		t.Error("a fresh token was replaced")
	}
	source.Refused(first, time.Now())
	if mustToken(t, source) == first {
		t.Error("a refused token came again")
	}
}
