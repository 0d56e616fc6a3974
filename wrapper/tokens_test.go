package wrapper_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestSpuriousUnauthorized: one 401 is cured by a fresh token, for a create
// too, at once.
func TestSpuriousUnauthorized(t *testing.T) {
	for _, operation := range allOperations {
		synctest.Test(t, func(t *testing.T) {
			server := asctest.NewPipeServer(t)
			client := connect(t, server)
			id := prepare(server, operation)
			server.FailNext(asctest.Fault{Status: 401})
			start := time.Now()
			if err := perform(t, client, operation, id); err != nil || len(server.Exchanges()) != 2 || time.Since(start) != 0 {
				t.Errorf("%s: %d requests in %v: %v", operation, len(server.Exchanges()), time.Since(start), err)
			}
		})
	}
}

// TestClockAhead: the first token is from the future, the response's Date tells
// by how much, and the second one is right.
func TestClockAhead(t *testing.T) {
	for _, ahead := range []time.Duration{10 * time.Minute, -30 * time.Minute, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			server := asctest.NewPipeServer(t, asctest.Settings{Skew: -ahead})
			client := connect(t, server)
			if _, err := client.MarketplaceWebhooks.List(t.Context()); err != nil {
				t.Errorf("%v ahead: %v", ahead, err)
			}
			if n := len(server.Exchanges()); n != 2 {
				t.Errorf("%v ahead: %d requests", ahead, n)
			}
			if _, err := client.MarketplaceWebhooks.List(t.Context()); err != nil || len(server.Exchanges()) != 3 {
				t.Errorf("%v ahead: the next call needed %d requests, %v", ahead, len(server.Exchanges())-2, err)
			}
		})
	}
}

// TestUnauthorizedTwice: the error states the skew that was measured.
func TestUnauthorizedTwice(t *testing.T) {
	for name, test := range map[string]struct {
		skew   time.Duration
		header map[string][]string
		want   string
	}{
		"ahead":   {-34 * time.Second, nil, "(this machine's clock is 34s ahead)"},
		"behind":  {90 * time.Second, nil, "(this machine's clock is 1m30s behind)"},
		"agrees":  {0, nil, ""},
		"no date": {0, map[string][]string{"Date": nil}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := asctest.NewPipeServer(t, asctest.Settings{Skew: test.skew})
				client := connect(t, server)
				server.FailNext(asctest.Fault{Status: 401, Times: -1, Header: test.header})
				err := perform(t, client, asctest.MarketplaceWebhooksCreate, "")
				refused, ok := errors.AsType[*wrapper.APIError](err)
				if !ok || !refused.HasCode("NOT_AUTHORIZED") {
					t.Fatalf("got %#v", err)
				}
				if !errors.Is(err, wrapper.ErrNotAuthorized) || refused.ClockSkew != -test.skew {
					t.Errorf("got %v with skew %v, want %v", err, refused.ClockSkew, -test.skew)
				}
				if !strings.HasSuffix(err.Error(), test.want) || strings.Contains(err.Error(), "clock") == (test.skew == 0) {
					t.Errorf("got %q, want %q at the end", err, test.want)
				}
				if n := len(server.Exchanges()); n != 2 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// TestSkewIsWholeSeconds: a Date has no fraction, so neither has the skew.
func TestSkewIsWholeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server)
		server.FailNext(asctest.Fault{Status: 401, Times: -1})
		time.Sleep(700 * time.Millisecond)
		_, err := client.MarketplaceWebhooks.List(t.Context())
		refused, ok := errors.AsType[*wrapper.APIError](err)
		if !ok || refused.ClockSkew != 0 {
			t.Errorf("got %v", err)
		}
	})
}

// plainSource has no Refused; it counts how often it is asked.
type plainSource struct {
	tokens *auth.TokenSource
	asked  atomic.Int64
}

func (s *plainSource) Token(ctx context.Context) (string, error) {
	s.asked.Add(1)
	return s.tokens.Token(ctx)
}

func TestSourceWithoutRefusedIsAskedAgain(t *testing.T) {
	server := asctest.NewServer(t)
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	source := &plainSource{tokens: tokens}
	client := newClient(t, source, wrapper.WithBaseURL(server.URL))
	server.FailNext(asctest.Fault{Status: 401})
	if _, err := client.MarketplaceWebhooks.List(t.Context()); err != nil || source.asked.Load() != 2 {
		t.Errorf("asked %d times: %v", source.asked.Load(), err)
	}
}

// TestTokenSourceIsAskedOnce: its error is not tried again, as Retry says.
func TestTokenSourceIsAskedOnce(t *testing.T) {
	asked := 0
	source := &countingSource{asked: &asked}
	client := newClient(t, source, quick)
	if _, err := client.MarketplaceWebhooks.List(t.Context()); !errors.Is(err, errNoToken) {
		t.Errorf("got %v, want the source's error", err)
	}
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

var errNoToken = errors.New("no token today")

type countingSource struct{ asked *int }

func (s *countingSource) Token(context.Context) (string, error) { *s.asked++; return "", errNoToken }

// rotatingSource switches keys while calls are under way.
type rotatingSource struct {
	now atomic.Pointer[auth.TokenSource]
}

func (s *rotatingSource) Token(ctx context.Context) (string, error) { return s.now.Load().Token(ctx) }

func (s *rotatingSource) Refused(token string, serverTime time.Time) {
	s.now.Load().Refused(token, serverTime)
}

// TestKeyRotation: 1,000 goroutines share a client, half of whose requests are
// under way with the old key's token and half with the new one's, when the old
// key is revoked. Each attempt carries one key's token, and every call succeeds.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	fake := newAccount(t, asctest.Key{}, asctest.Key{})
	keys := fake.State().Keys
	var underWay, calls sync.WaitGroup
	revoked := make(chan struct{})
	fake.intercept = func(*http.Request) (*http.Response, error) {
		select {
		case <-revoked:
		default:
			underWay.Done()
			<-revoked
		}
		return nil, nil
	}
	var source rotatingSource
	client := newClient(t, &source, over(fake))
	for _, key := range keys {
		tokens, err := auth.NewTokenSource(auth.Key(key))
		if err != nil {
			t.Fatal(err)
		}
		source.now.Store(tokens)
		underWay.Add(100)
		for i := range 100 {
			calls.Go(func() {
				if _, err := client.MarketplaceWebhooks.List(t.Context()); err != nil {
					t.Errorf("call %d with key %s: %v", i, key.ID, err)
				}
			})
		}
		underWay.Wait()
	}
	if err := fake.Update(func(s *asctest.State) { s.Keys = keys[1:] }); err != nil {
		t.Fatal(err)
	}
	close(revoked)
	calls.Wait()
	got := map[int]int{}
	for _, request := range fake.Exchanges() {
		got[request.Status]++
	}
	if want := map[int]int{401: 100, 200: 200}; !maps.Equal(got, want) {
		t.Errorf("got so many of each status: %v, want %v", got, want)
	}
}

// TestUnusableTokens: what no header can carry is refused without sending it,
// and without showing it.
func TestUnusableTokens(t *testing.T) {
	for _, token := range []string{"", "canary\r\nX-Evil: 1", "canary token", "canäry"} {
		server := asctest.NewServer(t)
		client := newClient(t, fixedToken(token), wrapper.WithBaseURL(server.URL))
		_, err := client.MarketplaceWebhooks.List(t.Context())
		const want = "wrapper: GET /v1/marketplaceWebhooks: the TokenSource returned a token that a header cannot carry"
		if err == nil || err.Error() != want || len(server.Exchanges()) != 0 {
			t.Errorf("%q: %v", token, err)
		}
	}
}

func TestTokenSourceFails(t *testing.T) {
	server := asctest.NewServer(t)
	cause := errors.New("the HSM is away")
	client := newClient(t, failingSource{cause}, wrapper.WithBaseURL(server.URL))
	err := perform(t, client, asctest.MarketplaceWebhooksCreate, "")
	if !errors.Is(err, cause) || is[*wrapper.OutcomeUnknownError](err) {
		t.Errorf("got %v, want the source's error", err)
	}
	if n := len(server.Exchanges()); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}
