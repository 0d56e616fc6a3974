package wrapper_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// account is a fake without a network: requests go straight to its handler,
// unless intercept wants to deal with one.
type account struct {
	*asctest.Handler
	intercept func(req *http.Request) (*http.Response, error) // neither: not intercepted
}

func newAccount(t *testing.T, opts ...asctest.Option) *account {
	t.Helper()
	fake, err := asctest.New(append(opts, asctest.Settings{RateLimit: 1 << 20})...)
	if err != nil {
		t.Fatal(err)
	}
	return &account{Handler: fake}
}

func (a *account) client(t *testing.T, opts ...wrapper.Option) *wrapper.Client {
	t.Helper()
	tokens, err := auth.NewTokenSource(auth.Key(a.Key()))
	if err != nil {
		t.Fatal(err)
	}
	opts = append([]wrapper.Option{wrapper.WithHTTPClient(&http.Client{Transport: a})}, opts...)
	client, err := wrapper.NewClient(tokens, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (a *account) RoundTrip(req *http.Request) (*http.Response, error) {
	if a.intercept != nil {
		if resp, err := a.intercept(req); resp != nil || err != nil {
			return resp, err
		}
	}
	return a.serve(req), nil
}

// serve carries the request out.
func (a *account) serve(req *http.Request) *http.Response {
	received := req.Clone(req.Context())
	received.RequestURI, received.Body = req.URL.RequestURI(), http.NoBody
	if req.Body != nil {
		body, _ := io.ReadAll(req.Body)
		received.Body = io.NopCloser(bytes.NewReader(body))
	}
	recorder := httptest.NewRecorder()
	a.ServeHTTP(recorder, received)
	return recorder.Result()
}

const otherURL = "https://other.example/notifications"

// TestTwoReplicasOverManyRounds: one replica renews its secret while another
// takes the webhook over. What is stored is always one replica's pair, and one
// of them was told so.
func TestTwoReplicasOverManyRounds(t *testing.T) {
	t.Parallel()
	fake := newAccount(t)
	renewing, taking := fake.client(t, quick), fake.client(t, quick)
	for round := range 400 {
		_ = fake.Update(func(s *asctest.State) {
			s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
		})
		before, _ := fake.MarketplaceWebhook()
		var wait sync.WaitGroup
		var renewed ensured
		var taken wrapper.MarketplaceWebhook
		var renewErr, takeErr error
		wait.Go(func() {
			renewed, renewErr = renewing.MarketplaceWebhooks.Ensure(t.Context(), params(endpointURL, "renewed"))
		})
		wait.Go(func() {
			taken, takeErr = taking.MarketplaceWebhooks.Update(t.Context(), before.ID, params(otherURL, "taken"))
		})
		wait.Wait()
		stored, _ := fake.MarketplaceWebhook()
		switch [2]string{stored.EndpointURL, stored.Secret} {
		case [2]string{endpointURL, "renewed"}:
			if renewErr != nil || renewed.Webhook.EndpointURL != endpointURL {
				t.Fatalf("round %d: stored the renewed pair, told %+v, %v", round, renewed, renewErr)
			}
		case [2]string{otherURL, "taken"}:
			if takeErr != nil || taken.EndpointURL != otherURL {
				t.Fatalf("round %d: stored the other pair, told %+v, %v", round, taken, takeErr)
			}
		default:
			t.Fatalf("round %d: stored %+v, want one replica's pair", round, stored)
		}
	}
}

// TestWebhookMovesBeforeTheUpdate: Ensure has seen its URL, and then another
// caller replaces it. The secret never ends up with the other's URL.
func TestWebhookMovesBeforeTheUpdate(t *testing.T) {
	fake := newAccount(t)
	_ = fake.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
	})
	fake.intercept = func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPatch {
			there, _ := fake.MarketplaceWebhook()
			there.EndpointURL, there.Secret = otherURL, "theirs"
			_ = fake.Update(func(s *asctest.State) { s.MarketplaceWebhook = new(there) })
		}
		return nil, nil
	}
	result, err := ensure(t, fake.client(t, quick), endpointURL, "ours")
	if err != nil {
		t.Fatal(err)
	}
	stored, _ := fake.MarketplaceWebhook()
	if want := (asctest.MarketplaceWebhook{ID: stored.ID, EndpointURL: endpointURL, Secret: "ours"}); stored != want {
		t.Errorf("stored %+v, want %+v", stored, want)
	}
	if result.Webhook.EndpointURL != stored.EndpointURL {
		t.Errorf("told %+v, stored %+v", result.Webhook, stored)
	}
}

// TestLostCreateArrivesLate: the response to a create is lost, and its effect
// arrives up to 25 s later. It is carried out once.
func TestLostCreateArrivesLate(t *testing.T) {
	for delay := time.Duration(0); delay <= 25*time.Second; delay += 500 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			fake := newAccount(t)
			creates := 0
			fake.intercept = func(req *http.Request) (*http.Response, error) {
				if req.Method != http.MethodPost {
					return nil, nil
				}
				creates++
				body, _ := io.ReadAll(req.Body)
				late := req.Clone(t.Context())
				late.Body = io.NopCloser(bytes.NewReader(body))
				time.AfterFunc(delay, func() { _ = fake.serve(late).Body.Close() })
				return nil, errors.New("the connection is gone")
			}
			result, err := ensure(t, fake.client(t), endpointURL, "new")
			if err != nil || result.Webhook.EndpointURL != endpointURL {
				t.Errorf("after %v: got %+v, %v", delay, result, err)
			}
			if creates != 1 {
				t.Errorf("after %v: sent %d creates, want 1", delay, creates)
			}
		})
	}
}

// TestHowOftenEnsureCreates: a create whose response is always lost, and
// which is never carried out, is sent Attempts times at most, with at least
// two looks and the attempt's timeout in between.
func TestHowOftenEnsureCreates(t *testing.T) {
	for _, attempts := range []int{1, 2, 4} {
		synctest.Test(t, func(t *testing.T) {
			fake := newAccount(t)
			var creates []time.Time
			var looks int
			fake.intercept = func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodGet {
					looks++
					return nil, nil
				}
				now := time.Now()
				if len(creates) > 0 && (looks < 2 || now.Sub(creates[len(creates)-1]) < 30*time.Second) {
					t.Errorf("created again after %v and %d looks", now.Sub(creates[len(creates)-1]), looks)
				}
				creates, looks = append(creates, now), 0
				_, _ = io.Copy(io.Discard, req.Body)
				return nil, errors.New("the connection is gone")
			}
			_, err := ensure(t, fake.client(t, wrapper.WithRetry(wrapper.Retry{Attempts: attempts})), endpointURL, "new")
			if !is[*wrapper.OutcomeUnknownError](err) {
				t.Errorf("Attempts %d: got %v, want an unknown outcome", attempts, err)
			}
			if len(creates) != attempts {
				t.Errorf("Attempts %d: sent %d creates", attempts, len(creates))
			}
		})
	}
}

// TestListIsStale: another replica's webhook stands in the way of a create
// before the list shows it. Ensure waits for the list.
func TestListIsStale(t *testing.T) {
	for stale := range 6 {
		synctest.Test(t, func(t *testing.T) {
			fake := newAccount(t)
			_ = fake.Update(func(s *asctest.State) {
				s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
			})
			lists := 0
			fake.intercept = func(req *http.Request) (*http.Response, error) {
				if req.Method != http.MethodGet {
					return nil, nil
				}
				if lists++; lists <= stale {
					return newCanned(200, `{"data":[],"links":{"self":"x"}}`).RoundTrip(req)
				}
				return nil, nil
			}
			result, err := ensure(t, fake.client(t), endpointURL, "new")
			if err != nil || result.Action != wrapper.EnsureUpdated {
				t.Errorf("%d stale lists: got %+v, %v", stale, result, err)
			}
		})
	}
}

// TestListStaysStale: beyond the context's time Ensure does not wait, and the
// conflict is what it tells.
func TestListStaysStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := newAccount(t)
		_ = fake.Update(func(s *asctest.State) {
			s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
		})
		fake.intercept = func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				return newCanned(200, `{"data":[],"links":{"self":"x"}}`).RoundTrip(req)
			}
			return nil, nil
		}
		_, err := ensure(t, fake.client(t), endpointURL, "new")
		if !errors.Is(err, wrapper.ErrConflict) {
			t.Errorf("got %v, want the conflict", err)
		}
	})
}

// TestAnswerWithAnotherQuery: the response to our own write is ours when
// scheme, host and path agree.
func TestAnswerWithAnotherQuery(t *testing.T) {
	for answered, ours := range map[string]bool{
		endpointURL + "?a=%7E":                             true,
		"https://marketplace.example:443/./notifications?": true,
		"https://marketplace.example/other":                false,
		"http://marketplace.example/notifications":         false,
	} {
		synctest.Test(t, func(t *testing.T) {
			resource := `{"type":"marketplaceWebhooks","id":"1","attributes":{"endpointUrl":"` + answered + `"}}`
			client := transportClient(t, func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodGet {
					return newCanned(200, `{"data":[]}`).RoundTrip(req)
				}
				return newCanned(201, `{"data":`+resource+`}`).RoundTrip(req)
			})
			_, err := ensure(t, client, endpointURL+"?a=~", "new")
			if (err == nil) != ours {
				t.Errorf("%s: got %v, want success %v", answered, err, ours)
			}
		})
	}
}
