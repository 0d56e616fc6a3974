package wrapper_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestEnsureAfterAnUnknownCreate: Ensure looks again, and converges whether
// the lost create was carried out or not.
func TestEnsureAfterAnUnknownCreate(t *testing.T) {
	for _, kind := range []asctest.FaultKind{
		asctest.FaultKind(""), asctest.FaultResetBeforeHeaders, asctest.FaultTruncatedBody, asctest.FaultHTMLPage, asctest.FaultNoID,
	} {
		for _, applied := range []bool{false, true} {
			t.Run(string(kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := asctest.NewPipeServer(t)
					server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Kind: kind, Applied: applied})
					result, err := ensure(t, connect(t, server), endpointURL, "new")
					want := wrapper.EnsureCreated
					if applied {
						want = wrapper.EnsureUpdated
					}
					stored, _ := server.MarketplaceWebhook()
					if err != nil || result.Action != want || stored.Secret != "new" || stored.EndpointURL != endpointURL {
						t.Errorf("applied %v: got %+v, %v, stored %+v", applied, result, err, stored)
					}
				})
			})
		}
	}
}

// TestEnsureStaysUnknown: when nothing settles it, the error says so, however
// the looking again ended.
func TestEnsureStaysUnknown(t *testing.T) {
	lost := asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 504}
	for name, faults := range map[string][]asctest.Fault{
		"the list is refused": {
			{Operation: asctest.MarketplaceWebhooksList, Kind: asctest.FaultLate}, lost, {Operation: asctest.MarketplaceWebhooksList, Status: 403},
		},
		"the create is refused": {lost, {Operation: asctest.MarketplaceWebhooksCreate, Status: 403}},
		"the create stays lost": {{Operation: asctest.MarketplaceWebhooksCreate, Status: 504, Times: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := asctest.NewPipeServer(t)
				server.FailNext(faults...)
				if _, err := ensure(t, connect(t, server), endpointURL, "new"); !is[*wrapper.OutcomeUnknownError](err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestEnsureSaysWhatCameThen: the refusal is in the error too.
func TestEnsureSaysWhatCameThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		server.FailNext(
			asctest.Fault{Operation: asctest.MarketplaceWebhooksList, Kind: asctest.FaultLate},
			asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 504},
			asctest.Fault{Operation: asctest.MarketplaceWebhooksList, Status: 403})
		_, err := ensure(t, connect(t, server), endpointURL, "new")
		if !is[*wrapper.OutcomeUnknownError](err) || !errors.Is(err, wrapper.ErrForbidden) {
			t.Errorf("%v", err)
		}
	})
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
			register(fake, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
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
		register(fake, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
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
