package wrapper_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// keeping is a KeepUp that runs inside a bubble, and what it has told.
type keeping struct {
	server *asctest.Server
	client *wrapper.Client
	refuse func(event string) error

	mu  sync.Mutex
	got told // so far

	told // until the latest call of after
	err  error
	stop context.CancelCauseFunc
	done chan struct{}
}

// told is what KeepUp has told.
type told struct {
	passes []wrapper.Pass
	handed []string
}

var errStopped = errors.New("the service stops")

func newKeeping(t *testing.T, opts ...asctest.Option) *keeping {
	t.Helper()
	opts = append([]asctest.Option{asctest.WithApp(appID), asctest.Settings{DeliveryTransport: down}}, opts...)
	server := asctest.NewPipeServer(t, opts...)
	return &keeping{server: server, client: connectChecked(t, server), done: make(chan struct{})}
}

// down is a receiver that can't be reached.
var down = roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })

// start runs KeepUp until the test ends, or until it returns.
func (k *keeping) start(t *testing.T, p wrapper.WebhookParams, o wrapper.KeepUpOptions) {
	t.Helper()
	ctx, stop := context.WithCancelCause(t.Context())
	k.stop = stop
	o.Report = func(pass wrapper.Pass) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.got.passes = append(k.got.passes, pass)
	}
	go func() {
		defer close(k.done)
		k.err = k.client.Webhooks.KeepUp(ctx, appID, p, func(_ context.Context, payload []byte) error {
			n, err := notification.Decode(payload)
			if err != nil {
				return err
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			k.got.handed = append(k.got.handed, n.ID)
			if k.refuse != nil {
				return k.refuse(n.ID)
			}
			return nil
		}, o)
	}()
	t.Cleanup(func() { stop(errStopped); <-k.done })
}

// after lets time pass and returns the latest pass.
func (k *keeping) after(d time.Duration) wrapper.Pass {
	time.Sleep(d)
	synctest.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.told = k.got
	if len(k.passes) == 0 {
		return wrapper.Pass{}
	}
	return k.passes[len(k.passes)-1]
}

// miss posts an event to the webhook, whose receiver is down, and returns its ID.
func (k *keeping) miss() string {
	return notify(k.server.Handler, k.server.State().Webhooks[0].ID).EventID
}

// stopFailing forgets the faults that are still to come.
func (k *keeping) stopFailing() { _ = k.server.Update(func(s *asctest.State) { s.Faults = nil }) }

func buildParams() wrapper.WebhookParams {
	return wrapper.WebhookParams{
		Name: "n", URL: endpointURL, Secret: wrapper.NewSecret("secret"),
		EventTypes: []wrapper.EventType{wrapper.EventBuildUploadStateUpdated},
	}
}

// TestKeepUp: registered while App Store Connect comes back, caught up, and nothing twice.
func TestKeepUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t)
		k.server.FailNext(asctest.Fault{Kind: asctest.FaultHTMLPage, Times: -1})
		k.start(t, buildParams(), wrapper.KeepUpOptions{})
		if pass := k.after(5 * time.Minute); pass.Err == nil || len(k.passes) < 4 || len(k.passes) > 20 {
			t.Fatalf("%d passes while the API is down, the last one %+v", len(k.passes), pass)
		}
		k.stopFailing()
		if pass := k.after(10 * time.Minute); pass.Err != nil || pass.WebhookID == "" {
			t.Fatalf("got %+v", pass)
		}
		missed := k.miss()
		if pass := k.after(10 * time.Minute); pass.Err != nil || !slices.Equal(k.handed, []string{missed}) {
			t.Fatalf("handed over %v, %+v", k.handed, pass)
		}
		if pass := k.after(3 * time.Hour); pass.Err != nil || len(k.handed) != 1 {
			t.Fatalf("handed over %v, %+v", k.handed, pass)
		}
		k.stop(errStopped)
		<-k.done
		if !errors.Is(k.err, errStopped) {
			t.Errorf("returned %v", k.err)
		}
	})
}

// TestKeepUpIdle: a pass costs one request, and every twelfth two.
func TestKeepUpIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t)
		k.start(t, buildParams(), wrapper.KeepUpOptions{})
		k.after(time.Minute)
		passes, requests := len(k.passes), len(k.server.Exchanges())
		k.after(4 * time.Hour)
		passes, requests = len(k.passes)-passes, len(k.server.Exchanges())-requests
		if passes < 44 || passes > 52 || requests != passes+passes/12 && requests != passes+passes/12+1 {
			t.Errorf("%d requests in %d passes", requests, passes)
		}
	})
}

// TestKeepUpReturns what waiting can't cure, before it has registered the webhook.
func TestKeepUpReturns(t *testing.T) {
	valid := buildParams()
	invalid := valid
	invalid.URL = "http://marketplace.example/"
	for name, test := range map[string]struct {
		params  wrapper.WebhookParams
		options wrapper.KeepUpOptions
		fault   asctest.Fault
		want    error
		passes  int // reported ones
	}{
		"URL":        {params: invalid, want: wrapper.ErrInvalid},
		"interval":   {params: valid, options: wrapper.KeepUpOptions{Every: time.Millisecond}, want: wrapper.ErrInvalid},
		"two passes": {params: valid, fault: asctest.Fault{Status: 401}, want: wrapper.ErrNotAuthorized, passes: 2},
		"role":       {params: valid, fault: asctest.Fault{Status: 403, Code: "FORBIDDEN_ERROR"}, want: wrapper.ErrForbidden, passes: 1},
		"agreement": {params: valid, fault: asctest.Fault{
			Status: 403, Code: "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"}, passes: -1},
		"no app": {params: valid, fault: asctest.Fault{Status: 404}, passes: -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKeeping(t)
				test.fault.Times = -1
				if test.passes != 0 {
					k.server.FailNext(test.fault)
				}
				k.start(t, test.params, test.options)
				k.after(time.Hour)
				if test.passes < 0 {
					k.stopFailing()
					if pass := k.after(10 * time.Minute); pass.Err != nil {
						t.Errorf("got %+v", pass)
					}
					return
				}
				<-k.done
				if !errors.Is(k.err, test.want) || len(k.passes) != test.passes {
					t.Errorf("%d passes, %v", len(k.passes), k.err)
				}
				if test.passes == 0 && len(k.server.Exchanges()) != 0 {
					t.Error("something was sent")
				}
			})
		})
	}
}

// TestKeepUpDoesNotReturn once the webhook is registered, whatever happens.
func TestKeepUpDoesNotReturn(t *testing.T) {
	for name, fault := range map[string]asctest.Fault{
		"401": {Status: 401}, "403": {Status: 403}, "429": {Status: 429}, "500": {}, "lost": {Kind: asctest.FaultResetBeforeHeaders},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKeeping(t)
				k.start(t, buildParams(), wrapper.KeepUpOptions{})
				k.after(time.Minute)
				fault.Times = -1
				k.server.FailNext(fault)
				if pass := k.after(time.Hour); pass.Err == nil {
					t.Error("no error was reported")
				}
				k.stopFailing()
				missed := k.miss()
				if pass := k.after(time.Hour); pass.Err != nil || !slices.Contains(k.handed, missed) {
					t.Errorf("handed over %v, %+v", k.handed, pass)
				}
			})
		})
	}
}

// TestKeepUpLeavesToPeople what people have decided.
func TestKeepUpLeavesToPeople(t *testing.T) {
	ours := asctest.Webhook{AppID: appID, Name: "n", URL: endpointURL, Secret: "other"}
	moved := ours
	moved.URL, moved.Enabled = "https://elsewhere.example/", true
	for name, test := range map[string]struct {
		registered asctest.Webhook
		enabled    *bool
		wantErr    bool
		want       asctest.Webhook
	}{
		"disabled":                 {registered: ours, want: asctest.Webhook{URL: endpointURL, Secret: "secret"}},
		"disabled, but we say so":  {registered: ours, enabled: new(true), want: asctest.Webhook{URL: endpointURL, Secret: "secret", Enabled: true}},
		"of our name at other URL": {registered: moved, wantErr: true, want: moved},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKeeping(t, test.registered)
				p := buildParams()
				p.Enabled = test.enabled
				k.start(t, p, wrapper.KeepUpOptions{})
				pass := k.after(time.Hour)
				if other, ok := errors.AsType[*wrapper.OtherEndpointError](pass.Err); ok != test.wantErr {
					t.Errorf("got %+v, %v", pass, other)
				}
				all := k.server.State().Webhooks
				if len(all) != 1 || all[0].URL != test.want.URL || all[0].Secret != test.want.Secret || all[0].Enabled != test.want.Enabled {
					t.Errorf("got %+v", all)
				}
			})
		})
	}
}

// TestKeepUpRegistersAgain a webhook that somebody has deleted.
func TestKeepUpRegistersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t)
		k.start(t, buildParams(), wrapper.KeepUpOptions{})
		first := k.after(time.Minute).WebhookID
		_ = k.server.Update(func(s *asctest.State) { s.Webhooks = nil })
		pass := k.after(6 * time.Minute)
		if pass.Err != nil || pass.WebhookID == "" || pass.WebhookID == first || len(k.server.State().Webhooks) != 1 {
			t.Errorf("got %+v, %v", pass, k.server.State().Webhooks)
		}
	})
}

// TestKeepUpMarketplace is the registering half.
func TestKeepUpMarketplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connectChecked(t, server)
		var passes []wrapper.Pass
		o := wrapper.KeepUpOptions{Report: func(pass wrapper.Pass) { passes = append(passes, pass) }}
		ctx, stop := context.WithCancelCause(t.Context())
		done := make(chan error, 1)
		server.FailNext(asctest.Fault{Kind: asctest.FaultHTMLPage, Times: 8})
		go func() { done <- client.MarketplaceWebhooks.KeepUp(ctx, anyParams(), o) }()
		last := func(d time.Duration) wrapper.Pass {
			time.Sleep(d)
			synctest.Wait()
			return passes[len(passes)-1]
		}
		if pass := last(10 * time.Minute); pass.Err != nil || pass.WebhookID == "" {
			t.Errorf("got %+v", pass)
		}
		_ = server.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil })
		if pass := last(6 * time.Minute); pass.Err != nil || pass.WebhookID == "" {
			t.Errorf("after it was deleted: %+v", pass)
		}
		register(server, asctest.MarketplaceWebhook{EndpointURL: "https://elsewhere.example/", Secret: "other"})
		pass := last(6 * time.Minute)
		if _, other := errors.AsType[*wrapper.OtherEndpointError](pass.Err); !other {
			t.Errorf("after it was moved: %+v", pass)
		}
		stop(errStopped)
		if err := <-done; !errors.Is(err, errStopped) {
			t.Errorf("returned %v", err)
		}
		since := wrapper.KeepUpOptions{Since: time.Now()}
		if err := client.MarketplaceWebhooks.KeepUp(t.Context(), anyParams(), since); !errors.Is(err, wrapper.ErrInvalid) {
			t.Errorf("with a Since: %v", err)
		}
	})
}
