package auth

// The token source: one signature per window, however many callers there are.

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
	// in flight and for clocks that are behind Apple's.
	margin = time.Minute

	minSkew = time.Minute // less is covered by backdating and margin
	maxSkew = 24 * time.Hour
)

// TokenSource signs tokens with one key and caches the current one. It is safe
// for concurrent use: create one with [NewTokenSource] and reuse it. The zero
// value returns an error from Token.
type TokenSource struct {
	key      Key
	lifetime time.Duration
	scope    []string
	clocks   func() (wall, monotonic time.Time) // readClocks, except in tests

	cached atomic.Pointer[token]

	mu      sync.Mutex
	current *flight       // the signature in progress, if any
	skew    time.Duration // App Store Connect's clock minus this machine's, as last measured
}

// token is a signed token and when signing it began, by both clocks.
type token struct {
	text      string
	wall      time.Time // without a monotonic reading
	monotonic time.Time
}

// flight is one signature in progress, which several callers may wait for. Its
// result may be read once done is closed.
type flight struct {
	done   chan struct{}
	result token
	err    error
}

// Option adjusts a [TokenSource].
type Option func(*TokenSource) error

// OptionError says that the value of an [Option] cannot be used, and why.
type OptionError struct {
	Option string // the function's name, such as WithLifetime
	Reason string
}

// Error gives both.
func (e *OptionError) Error() string { return "auth: " + e.Option + ": " + e.Reason }

// WithLifetime sets the time between a token's iat and its exp: from 3 to 20
// minutes, in whole seconds; a fraction is dropped. It includes the minute by
// which iat is backdated, and a token is replaced a minute before it expires,
// so the default lifetime of 15 minutes means one signature every 13.
//
// Apple documents 20 minutes as the limit. The default stays below it because
// with 34 seconds of clock skew a 20-minute token was seen to fail and a
// 15-minute one to pass.
func WithLifetime(lifetime time.Duration) Option {
	return func(s *TokenSource) error {
		if lifetime < minLifetime || lifetime > maxLifetime {
			return &OptionError{"WithLifetime", "the lifetime must be from 3 to 20 minutes"}
		}
		s.lifetime = lifetime.Truncate(time.Second)
		return nil
	}
}

// WithScope limits the tokens to the given requests, such as
// "GET /v1/marketplaceWebhooks". App Store Connect then refuses them for
// everything else, so use such a source for a read-only client. Only GET is
// allowed, and the query parameters limit, cursor and sort are ignored in
// matching (documented by Apple).
func WithScope(requests ...string) Option {
	return func(s *TokenSource) error {
		switch {
		case len(requests) == 0:
			return &OptionError{"WithScope", "give at least one request, or leave the option out for a token without a scope"}
		case slices.ContainsFunc(requests, func(request string) bool { return !validScope(request) }):
			return &OptionError{"WithScope", `each request must start with "GET /v1/" and have no other space or control character`}
		}
		s.scope = slices.Clone(requests)
		return nil
	}
}

// NewTokenSource returns a source of tokens signed with the key. It does not
// sign anything yet.
//
// The error matches [ErrInvalidKey] when the key's ID or IssuerID contains
// characters no such ID contains, or when its Signer is missing or is not ECDSA
// on P-256. A nil option and an option's bad value are errors too.
func NewTokenSource(key Key, opts ...Option) (*TokenSource, error) {
	if err := key.check(); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	s := &TokenSource{key: key, lifetime: 15 * time.Minute, clocks: readClocks}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("auth: NewTokenSource got a nil Option: leave it out")
		}
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

// Token returns a signed token for the Authorization header. A cached token is
// returned without a lock or an allocation, even if the context is done.
//
// When a new token is needed, the first caller signs it, and others that call
// meanwhile wait for the same result until their own context is done; the error
// then matches the context's error and its cause. The caller that signs cannot
// stop early, since a [crypto.Signer] takes no context. An error of the Signer
// is returned to everyone who waited and is not cached: the next call tries
// again. Its text is hidden, since it may contain anything; unwrap the error to
// see it.
func (s *TokenSource) Token(ctx context.Context) (string, error) {
	if s.key.Signer == nil {
		return "", errors.New("auth: this TokenSource has no key: create it with NewTokenSource")
	}
	if t := s.cached.Load(); s.fresh(t) {
		return t.text, nil
	}
	return s.renew(ctx)
}

// fresh reads both clocks: the monotonic one is right when the wall clock was
// set back, and the wall clock is right when the machine slept.
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
	if ctx.Err() != nil {
		return "", ended(ctx)
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
	f := &flight{done: make(chan struct{}), err: errPanicked}
	s.current = f
	skew := s.skew
	s.mu.Unlock()

	defer s.finish(f)
	f.result.wall, f.result.monotonic = s.clocks()
	f.result.text, f.err = s.sign(f.result.wall.Add(skew))
	return f.result.text, f.err
}

func (f *flight) wait(ctx context.Context) (string, error) {
	select {
	case <-f.done:
		return f.result.text, f.err
	case <-ctx.Done():
		return "", ended(ctx)
	}
}

// ended says why ctx ended: its error, and the cause where there is another one.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

func (s *TokenSource) finish(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == f { // otherwise Refused has measured a skew that this token lacks
		s.current = nil
		if f.err == nil {
			s.cached.Store(&f.result)
		}
	}
	close(f.done)
}

// Refused reports that App Store Connect responded to this token with 401. The
// next call of Token signs a new one. A token other than the current one changes
// nothing, so several goroutines may report the same token.
//
// serverTime is the response's Date, or zero if it had none; call Refused soon
// after the response. If it shows that this machine's clock is off by more than
// a minute, later tokens are corrected by the difference. A difference of more
// than 24 hours is ignored.
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
