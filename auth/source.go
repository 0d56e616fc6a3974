package auth

// The token source: one signature per window, whoever asks.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxLifetime = 20 * time.Minute // documented by Apple
	minLifetime = 3 * time.Minute  // leaves a minute of use between backdating and margin

	// margin is how long before its expiry a token is replaced, for requests
	// on their way and for clocks that are behind Apple's.
	margin = time.Minute

	minSkew = time.Minute // less is covered by backdating and margin
	maxSkew = 24 * time.Hour
)

// TokenSource signs tokens with one key and keeps the current one. It is made
// by [NewTokenSource] and safe for use by many goroutines.
type TokenSource struct {
	key      Key
	lifetime time.Duration
	scope    []string
	clocks   func() (wall, monotonic time.Time) // readClocks, but in tests

	cached atomic.Pointer[token]

	mu      sync.Mutex
	current *signing      // the signature under way, if any
	skew    time.Duration // App Store Connect's clock minus ours, as last learned
}

// token is a signed token and when its signing began, by both clocks.
type token struct {
	text      string
	wall      time.Time // without a monotonic reading
	monotonic time.Time
}

// signing is one signature under way. Its result may be read once done is closed.
type signing struct {
	done   chan struct{}
	result token
	err    error
}

// Option adjusts a [TokenSource].
type Option func(*TokenSource) error

// WithLifetime sets the time between a token's iat and its exp, from 3 to 20
// minutes, in whole seconds; a fraction is dropped. It includes the minute by which iat
// is backdated, and a token is replaced a minute before it expires, so a
// lifetime of 15 minutes, the default, means a signature every 13.
//
// Apple documents 20 minutes as the limit. The default stays below it because
// 34 seconds of clock skew were seen to make a token of 20 minutes fail and
// one of 15 pass.
func WithLifetime(lifetime time.Duration) Option {
	return func(s *TokenSource) error {
		if lifetime < minLifetime || lifetime > maxLifetime {
			return errors.New("auth: WithLifetime: the lifetime must be from 3 to 20 minutes")
		}
		s.lifetime = lifetime.Truncate(time.Second)
		return nil
	}
}

// WithScope limits the tokens to the given requests, such as
// "GET /v1/marketplaceWebhooks". App Store Connect then refuses them for
// everything else, so such a source serves a read-only client and nothing more.
// Only GET can be given, and of query parameters limit, cursor and sort are
// ignored in matching (documented by Apple).
func WithScope(requests ...string) Option {
	return func(s *TokenSource) error {
		switch {
		case len(requests) == 0:
			return errors.New("auth: WithScope: give at least one request, or leave the option out for a token without a scope")
		case slices.ContainsFunc(requests, func(request string) bool { return !validScope(request) }):
			return errors.New(`auth: WithScope: each request must start with "GET /v1/" and have no other space or control character`)
		}
		s.scope = slices.Clone(requests)
		return nil
	}
}

// NewTokenSource returns a source of tokens signed with the key. Nothing is signed yet.
//
// It returns an error when the key's ID or IssuerID has characters that none
// has, when its Signer is missing or is not ECDSA on P-256 ([ErrRSAKey],
// [ErrWrongCurve], [ErrUnsupportedKey]), or when an option is out of its bounds.
func NewTokenSource(key Key, opts ...Option) (*TokenSource, error) {
	if err := key.check(); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	s := &TokenSource{key: key, lifetime: 15 * time.Minute, clocks: readClocks}
	for _, opt := range opts {
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func validScope(request string) bool {
	path, ok := strings.CutPrefix(request, "GET /v1/")
	return ok && path != "" && !strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == 0x7F })
}

// Format implements [fmt.Formatter]. It writes the key ID, whatever the verb.
func (s *TokenSource) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "auth.TokenSource(%s)", s.key.ID)
}

// Token returns a signed token for the Authorization header. A cached one is
// returned without a lock or an allocation, whatever the context's state.
//
// When a new one is needed, the first caller signs it and those who come
// meanwhile wait for the same result until their own context is done. The caller
// who signs can't stop early, as a [crypto.Signer] takes no context. The
// Signer's error goes to all who waited and is not kept: the next call tries
// again. Its text is hidden, since it may hold anything; unwrap it to see it.
func (s *TokenSource) Token(ctx context.Context) (string, error) {
	if t := s.cached.Load(); s.fresh(t) {
		return t.text, nil
	}
	return s.renew(ctx)
}

// fresh asks both clocks. The monotonic one is right when the wall clock has
// been set back, and the wall clock when the machine has slept.
func (s *TokenSource) fresh(t *token) bool {
	if t == nil {
		return false
	}
	wall, monotonic := s.clocks()
	age := wall.Sub(t.wall)
	return age >= 0 && max(age, monotonic.Sub(t.monotonic)) < s.lifetime-backdating-margin
}

func readClocks() (wall, monotonic time.Time) {
	now := time.Now()
	return now.Round(0), now
}

func (s *TokenSource) renew(ctx context.Context) (string, error) {
	if s.key.Signer == nil {
		return "", errors.New("auth: this TokenSource has no key: make it with NewTokenSource")
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.mu.Lock()
	if t := s.cached.Load(); s.fresh(t) {
		s.mu.Unlock()
		return t.text, nil
	}
	if current := s.current; current != nil {
		s.mu.Unlock()
		return current.wait(ctx)
	}
	ours := &signing{done: make(chan struct{}), err: errPanicked}
	s.current = ours
	skew := s.skew
	s.mu.Unlock()

	defer s.finish(ours)
	ours.result.wall, ours.result.monotonic = s.clocks()
	ours.result.text, ours.err = s.sign(ours.result.wall.Add(skew))
	return ours.result.text, ours.err
}

func (f *signing) wait(ctx context.Context) (string, error) {
	select {
	case <-f.done:
		return f.result.text, f.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (s *TokenSource) finish(ours *signing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == ours { // otherwise Refused has learned a skew that this token lacks
		s.current = nil
		if ours.err == nil {
			s.cached.Store(&ours.result)
		}
	}
	close(ours.done)
}

// Refused tells the source that App Store Connect has answered 401 to this
// token. The next call of Token signs a new one. A token that is not the
// current one changes nothing, so many goroutines may report the same.
//
// serverTime is the answer's Date, and zero when there was none; call Refused soon after
// the answer. When it shows that the clock is off by more than a minute, later
// tokens are corrected by the difference. A difference over 24 hours is not believed.
func (s *TokenSource) Refused(token string, serverTime time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.cached.Load(); t == nil || t.text != token {
		return
	}
	s.cached.Store(nil)
	wall, _ := s.clocks()
	skew := serverTime.Sub(wall) // far over maxSkew for the zero time
	if skew.Abs() <= maxSkew && (skew-s.skew).Abs() > minSkew {
		s.skew = skew
		s.current = nil
	}
}
