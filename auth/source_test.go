package auth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
)

// slowly makes a Signer take a second of the bubble's time.
func slowly(int32) error {
	time.Sleep(time.Second)
	return nil
}

func TestTokenIsReusedUntilShortlyBeforeItExpires(t *testing.T) {
	for name, test := range map[string]struct {
		options []auth.Option
		use     time.Duration
	}{
		"default":  {nil, 13 * time.Minute},
		"longest":  {[]auth.Option{auth.WithLifetime(20 * time.Minute)}, 18 * time.Minute},
		"shortest": {[]auth.Option{auth.WithLifetime(3 * time.Minute)}, time.Minute},
		"a fraction of a second is dropped": {
			[]auth.Option{auth.WithLifetime(3*time.Minute + 999*time.Millisecond)}, time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signer := newRemoteSigner(t)
				source := newSource(t, signer, test.options...)
				first := mustToken(t, source)
				time.Sleep(test.use - time.Nanosecond)
				if mustToken(t, source) != first {
					t.Error("replaced too early")
				}
				time.Sleep(time.Nanosecond)
				second := mustToken(t, source)
				if second == first {
					t.Error("not replaced a minute before it expires")
				}
				if _, exp := times(t, first, signer.Public()); !exp.Equal(time.Now().Add(time.Minute)) {
					t.Errorf("the first expires in %s", time.Until(exp))
				}
				if calls := signer.calls.Load(); calls != 2 {
					t.Errorf("%d signatures", calls)
				}
			})
		})
	}
}

func TestThousandGoroutinesShareOneSignaturePerWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signer := newRemoteSigner(t)
		signer.before = slowly
		source := newSource(t, signer)
		seen := map[string]bool{}
		for window := range int32(3) {
			var mu sync.Mutex
			var callers sync.WaitGroup
			for range 1000 {
				callers.Go(func() {
					token, err := source.Token(t.Context())
					mu.Lock()
					defer mu.Unlock()
					if seen[token] = true; err != nil {
						t.Error(err)
					}
				})
			}
			callers.Wait()
			if calls := signer.calls.Load(); calls != window+1 || len(seen) != int(window)+1 {
				t.Fatalf("window %d: %d signatures, %d tokens", window, calls, len(seen))
			}
			time.Sleep(14 * time.Minute)
		}
	})
}

func TestWaitingCallerHonoursItsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signer := newRemoteSigner(t)
		signer.before = slowly
		source := newSource(t, signer)
		signing, stop := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, err := source.Token(signing); err != nil {
				t.Errorf("the one that signs: %v", err)
			}
		})
		synctest.Wait()
		stop() // the one that signs cannot stop early, and must not harm the others
		callers.Go(func() {
			if _, err := source.Token(t.Context()); err != nil {
				t.Errorf("one that waits: %v", err)
			}
		})
		hasty, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := source.Token(hasty); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one in a hurry: got %v, want %v", err, context.DeadlineExceeded)
		}
		if got, want := time.Since(began), time.Millisecond; got != want {
			t.Errorf("one in a hurry waited for %s, want %s", got, want)
		}
		callers.Wait()
		if calls := signer.calls.Load(); calls != 1 {
			t.Errorf("%d signatures", calls)
		}
	})
}

func TestDoneContextSignsNothing(t *testing.T) {
	signer := newRemoteSigner(t)
	source := newSource(t, signer)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if token, err := source.Token(done); token != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("got %q, %v", token, err)
	}
	if calls := signer.calls.Load(); calls != 0 {
		t.Errorf("%d signatures", calls)
	}
	cached := mustToken(t, source)
	if token, err := source.Token(done); token != cached || err != nil {
		t.Errorf("the cached token: got %v", err)
	}
}

// TestTokenTellsWhyItsContextEnded to a caller that would sign and to one that waits.
func TestTokenTellsWhyItsContextEnded(t *testing.T) {
	cause := errors.New("the deployment stops")
	for name, test := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		want []error
	}{
		"canceled with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Millisecond, func() { cancel(cause) })
			return ctx, func() { cancel(nil) }
		}, []error{context.Canceled, cause}},
		"timed out with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, time.Millisecond, cause)
		}, []error{context.DeadlineExceeded, cause}},
		"timed out": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Millisecond)
		}, []error{context.DeadlineExceeded}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signer := newRemoteSigner(t)
				signer.before = slowly
				source := newSource(t, signer)
				ctx, cancel := test.end(t.Context())
				defer cancel()
				var signing sync.WaitGroup
				signing.Go(func() { mustToken(t, source) })
				synctest.Wait()
				_, waited := source.Token(ctx)
				signing.Wait()
				source.Refused(mustToken(t, source), time.Time{})
				_, late := source.Token(ctx)
				for role, err := range map[string]error{"waited": waited, "late": late} {
					for _, want := range test.want {
						if !errors.Is(err, want) {
							t.Errorf("%s: %v does not match %v", role, err, want)
						}
					}
					if len(test.want) == 1 && err != test.want[0] { //nolint:errorlint // nothing is added
						t.Errorf("%s: got %v, want %v as it is", role, err, test.want[0])
					}
				}
			})
		})
	}
}

func TestSignerErrorGoesToAllWhoWaitedAndIsNotCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failure := errors.New("out of order")
		signer := newRemoteSigner(t)
		signer.before = func(call int32) error {
			time.Sleep(time.Second)
			if call == 1 {
				return failure
			}
			return nil
		}
		source := newSource(t, signer)
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() {
				if token, err := source.Token(t.Context()); token != "" || !errors.Is(err, failure) {
					t.Errorf("got %q, %v", token, err)
				}
			})
		}
		callers.Wait()
		mustToken(t, source)
		if calls := signer.calls.Load(); calls != 2 {
			t.Errorf("%d signatures", calls)
		}
	})
}

func TestPanickingSignerLeavesNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signer := newRemoteSigner(t)
		signer.before = func(call int32) error {
			time.Sleep(time.Second)
			if call == 1 {
				panic("signer")
			}
			return nil
		}
		source := newSource(t, signer)
		var callers sync.WaitGroup
		callers.Go(func() {
			defer func() {
				if recover() != "signer" {
					t.Error("the panic did not reach the caller that signed")
				}
			}()
			_, _ = source.Token(t.Context())
		})
		synctest.Wait()
		if token, err := source.Token(t.Context()); token != "" || err == nil {
			t.Errorf("one that waited got %q, %v", token, err)
		}
		callers.Wait()
		mustToken(t, source)
	})
}
