package wrapper_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// lagging is a shelf whose lists show it as it was a while ago.
type lagging struct {
	mu     sync.Mutex
	shelf  shelf
	ids    []int // of the next creates
	states []state
	lag    func() time.Duration
}

type state struct {
	at       time.Time
	webhooks []stored
}

func (l *lagging) respond(n int, sent sentRequest) (int, string) {
	if sent.Method == http.MethodGet {
		at := time.Now().Add(-l.lag())
		var past shelf
		for _, s := range l.states {
			if !s.at.After(at) {
				past.webhooks = s.webhooks
			}
		}
		return past.respond(n, sent)
	}
	status, body := l.shelf.respond(n, sent)
	if sent.Method == http.MethodPost {
		id := fmt.Sprint("id", l.ids[0])
		l.ids = l.ids[1:]
		l.shelf.webhooks[len(l.shelf.webhooks)-1].ID = id
		body = strings.Replace(body, `"id":"m"`, `"id":"`+id+`"`, 1)
	}
	l.states = append(l.states, state{time.Now(), slices.Clone(l.shelf.webhooks)})
	return status, body
}

// TestReplicasOverListsThatLag: two to five start almost at once, whose lists
// lag by up to two seconds. One webhook stays, whatever the order of the ids.
func TestReplicasOverListsThatLag(t *testing.T) {
	for round := range 50 {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(round)))
			replicas := 2 + round%4
			l := &lagging{ids: random.Perm(replicas), lag: func() time.Duration { return time.Duration(random.Int64N(int64(2 * time.Second))) }}
			delays := make([]time.Duration, replicas)
			for i := range delays {
				delays[i] = time.Duration(random.Int64N(int64(time.Second)))
			}
			var wait sync.WaitGroup
			for _, delay := range delays {
				client, _ := scripted(t, func(n int, sent sentRequest) (int, string) {
					l.mu.Lock()
					defer l.mu.Unlock()
					return l.respond(n, sent)
				}, wrapper.WithRetry(wrapper.Retry{}))
				wait.Go(func() {
					time.Sleep(delay)
					result, err := client.Webhooks.Ensure(t.Context(), appID, webhookParams)
					if err != nil {
						t.Errorf("round %d: %v", round, err)
					}
					if unique := slices.Compact(slices.Sorted(slices.Values(result.Deleted))); len(unique) != len(result.Deleted) {
						t.Errorf("round %d: deleted %v", round, result.Deleted)
					}
				})
			}
			wait.Wait()
			if len(l.shelf.webhooks) != 1 || l.shelf.webhooks[0].URL != webhookParams.URL {
				t.Errorf("round %d: %d replicas left %+v", round, replicas, l.shelf.webhooks)
			}
		})
	}
}

// TestEnsureLooksForSoLong: a list that never shows what was created is looked
// at for Retry.Timeout, or as long as the context has time.
func TestEnsureLooksForSoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lagging{ids: []int{1}, lag: func() time.Duration { return time.Hour }}
		client, sent := scripted(t, l.respond, wrapper.WithRetry(wrapper.Retry{}))
		start := time.Now()
		result, err := client.Webhooks.Ensure(t.Context(), appID, webhookParams)
		if err != nil || result.Action != wrapper.EnsureCreated || result.Webhook.ID != "id1" {
			t.Errorf("got %+v, %v", result, err)
		}
		if took := time.Since(start); took < 10*time.Second || took > 30*time.Second || len(*sent) < 5 || len(*sent) > 12 {
			t.Errorf("%d requests in %v", len(*sent), took)
		}
	})
}

// TestEnsureUnknownApp: one request, and the app is named.
func TestEnsureUnknownApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, sent := scripted(t, always(404, `{"errors":[{"code":"NOT_FOUND"}]}`), wrapper.WithRetry(wrapper.Retry{}))
		_, err := client.Webhooks.Ensure(t.Context(), appID, webhookParams)
		if len(*sent) != 1 || !errors.Is(err, wrapper.ErrNotFound) || !strings.Contains(err.Error(), "app "+appID) {
			t.Errorf("%d requests: %v", len(*sent), err)
		}
	})
}

// TestServiceRewritesURLs: what it stores is not recognised by the next start.
// Ensure says so, and ten starts leave nothing.
func TestServiceRewritesURLs(t *testing.T) {
	for name, given := range map[string][2]string{
		"case":           {"https://marketplace.example/N", "https://marketplace.example/n"},
		"query order":    {"https://marketplace.example/n?b=1&a=2", "https://marketplace.example/n?a=2&b=1"},
		"trailing slash": {"https://marketplace.example/n", "https://marketplace.example/n/"},
		"query dropped":  {"https://marketplace.example/n?a=2", "https://marketplace.example/n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{}
				client, _ := scripted(t, func(n int, sent sentRequest) (int, string) {
					escape := strings.NewReplacer("&", `\u0026`)
					sent.Body = strings.NewReplacer(given[0], given[1], escape.Replace(given[0]), escape.Replace(given[1])).Replace(sent.Body)
					return s.respond(n, sent)
				})
				p := webhookParams
				p.URL = given[0]
				for range 10 {
					_, err := client.Webhooks.Ensure(t.Context(), appID, p)
					if !is[*wrapper.UnexpectedResponseError](err) || !strings.Contains(err.Error(), given[0]+" ") || !strings.Contains(err.Error(), given[1]+";") {
						t.Errorf("got %v, want an error that shows both", err)
					}
				}
				if len(s.webhooks) != 0 {
					t.Errorf("%d webhooks stay", len(s.webhooks))
				}
			})
		})
	}
}

// TestUpdateBeforeTwins: twins are deleted only after the kept one was updated.
func TestUpdateBeforeTwins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		url := webhookParams.URL
		s := &shelf{webhooks: []stored{{"d", "ours", url, "x"}}}
		lists := 0
		client, _ := scripted(t, func(n int, sent sentRequest) (int, string) {
			if sent.Method != http.MethodGet {
				return s.respond(n, sent)
			}
			if lists++; lists == 1 { // "c" was deleted a moment ago
				stale := shelf{webhooks: []stored{{"c", "ours", url, "x"}, {"d", "ours", url, "x"}}}
				return stale.respond(n, sent)
			}
			return s.respond(n, sent)
		})
		result, err := client.Webhooks.Ensure(t.Context(), appID, webhookParams)
		if err != nil || result.Webhook.ID != "d" || result.Action != wrapper.EnsureUpdated || len(result.Deleted) != 0 {
			t.Errorf("got %+v, %v, want d updated and nothing deleted", result, err)
		}
	})
}

// TestTwinIsGone: another replica has deleted it, or nobody can: only the first is done.
func TestTwinIsGone(t *testing.T) {
	for status, done := range map[int]bool{404: true, 403: false} {
		url := webhookParams.URL
		s := &shelf{webhooks: []stored{{"c", "ours", url, "x"}, {"d", "ours", url, "x"}, {"e", "ours", url, "x"}}}
		client, _ := scripted(t, func(n int, sent sentRequest) (int, string) {
			if strings.HasSuffix(sent.URL, "/d") {
				return status, `{"errors":[{"code":"X"}]}`
			}
			return s.respond(n, sent)
		})
		result, err := client.Webhooks.Ensure(t.Context(), appID, webhookParams)
		if (err == nil) != done || done && !slices.Equal(result.Deleted, []string{"e"}) {
			t.Errorf("%d: got %+v, %v", status, result, err)
		}
	}
}

// TestEnsureHonoursRetryAfter: it comes back no earlier than a 503 asked, or returns.
func TestEnsureHonoursRetryAfter(t *testing.T) {
	for seconds, wantCreates := range map[int]int{20: 4, 3600: 1} {
		synctest.Test(t, func(t *testing.T) {
			var latest time.Time
			creates := 0
			fake := newAccount(t)
			fake.intercept = func(req *http.Request) (*http.Response, error) {
				if !latest.IsZero() && time.Since(latest) < time.Duration(seconds)*time.Second {
					t.Errorf("%s %v after a 503 that asked for %d s", req.Method, time.Since(latest), seconds)
				}
				latest = time.Time{}
				if req.Method == http.MethodGet {
					return nil, nil
				}
				creates, latest = creates+1, time.Now()
				refusal := newCanned(503, "")
				refusal.header.Set("Retry-After", fmt.Sprint(seconds))
				return refusal.RoundTrip(req)
			}
			_, err := ensure(t, fake.client(t), endpointURL, "new")
			if !is[*wrapper.OutcomeUnknownError](err) || creates != wantCreates {
				t.Errorf("Retry-After %d: %d creates, want %d: %v", seconds, creates, wantCreates, err)
			}
		})
	}
}

// TestConflictThatIsADuplicate: of all attributes' errors, this one says that
// another caller was faster.
func TestConflictThatIsADuplicate(t *testing.T) {
	for code, want := range map[string]bool{
		"ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE": true, "ENTITY_ERROR.ATTRIBUTE.INVALID.OTHER": false,
	} {
		synctest.Test(t, func(t *testing.T) {
			server := asctest.NewPipeServer(t)
			server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 409, Code: code, Applied: true})
			result, err := ensure(t, connect(t, server), endpointURL, "new")
			if (err == nil) != want || want && result.Action != wrapper.EnsureUpdated {
				t.Errorf("%s: got %+v, %v", code, result, err)
			}
		})
	}
}

// TestKeepUpReportsAMove that somebody made after it was registered, and leaves it alone.
func TestKeepUpReportsAMove(t *testing.T) {
	for moved, want := range map[string]bool{endpointURL + "?moved": true, "HTTPS://Marketplace.example:443/notifications": false} {
		synctest.Test(t, func(t *testing.T) {
			k := newKeeping(t)
			k.start(t, buildParams(), wrapper.KeepUpOptions{})
			k.after(time.Minute)
			_ = k.server.Update(func(s *asctest.State) { s.Webhooks[0].URL = moved })
			k.after(90 * time.Minute)
			reported := slices.ContainsFunc(k.passes, func(p wrapper.Pass) bool { return is[*wrapper.OtherEndpointError](p.Err) })
			if all := k.server.State().Webhooks; reported != want || len(all) != 1 || all[0].URL != moved {
				t.Errorf("%s: reported %v, want %v; registered %+v", moved, reported, want, all)
			}
		})
	}
}
