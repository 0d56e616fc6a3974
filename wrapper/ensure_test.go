package wrapper_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func ensure(t *testing.T, client *wrapper.Client, url, secret string, replace bool) (wrapper.EnsureResult, error) {
	t.Helper()
	want := wrapper.EnsureMarketplaceWebhook{EndpointURL: url, Replace: replace}
	if secret != "" {
		want.Secret = wrapper.NewSecret(secret)
	}
	return client.MarketplaceWebhooks.Ensure(t.Context(), want)
}

func TestEnsure(t *testing.T) {
	const other = "https://other.example/notifications"
	none, there := asctest.Webhook{}, asctest.Webhook{EndpointURL: endpointURL, Secret: "old"}
	for name, test := range map[string]struct {
		before      asctest.Webhook
		url, secret string
		replace     bool
		action      wrapper.EnsureAction
		after       asctest.Webhook
		requests    int
	}{
		"none":                    {none, endpointURL, "new", false, wrapper.EnsureCreated, asctest.Webhook{EndpointURL: endpointURL, Secret: "new"}, 2},
		"there":                   {there, endpointURL, "", false, wrapper.EnsureUnchanged, there, 1},
		"there, secret given":     {there, endpointURL, "new", false, wrapper.EnsureUpdated, asctest.Webhook{EndpointURL: endpointURL, Secret: "new"}, 2},
		"there, replace allowed":  {there, endpointURL, "", true, wrapper.EnsureUnchanged, there, 1},
		"other, replace":          {there, other, "new", true, wrapper.EnsureReplaced, asctest.Webhook{EndpointURL: other, Secret: "new"}, 2},
		"other, replace URL only": {there, other, "", true, wrapper.EnsureReplaced, asctest.Webhook{EndpointURL: other, Secret: "old"}, 2},
		"same but for case":       {there, "HTTPS://Marketplace.EXAMPLE/notifications", "", false, wrapper.EnsureUnchanged, there, 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := asctest.NewServer(t)
			if test.before != none {
				server.SetWebhook(test.before)
			}
			result, err := ensure(t, connectChecked(t, server), test.url, test.secret, test.replace)
			if err != nil || result.Action != test.action {
				t.Fatalf("got %+v, %v", result, err)
			}
			stored, _ := server.Webhook()
			if result.Webhook.ID != stored.ID || result.Webhook.EndpointURL != stored.EndpointURL {
				t.Errorf("told %+v, stored %+v", result.Webhook, stored)
			}
			stored.ID = ""
			if stored != test.after || len(server.Requests()) != test.requests {
				t.Errorf("stored %+v after %d requests", stored, len(server.Requests()))
			}
		})
	}
}

func TestEnsureRefuses(t *testing.T) {
	server := asctest.NewServer(t)
	client := connectChecked(t, server)
	if _, err := ensure(t, client, endpointURL, "", false); err == nil || is[*wrapper.APIError](err) {
		t.Errorf("no webhook and no secret: %v", err)
	}
	server.SetWebhook(asctest.Webhook{EndpointURL: "https://other.example/private", Secret: "old"})
	stored, _ := server.Webhook()
	_, err := ensure(t, client, endpointURL, "new", false)
	other, ok := errors.AsType[*wrapper.OtherEndpointError](err)
	if !ok || other.Existing.ID != stored.ID || other.Existing.EndpointURL != stored.EndpointURL {
		t.Errorf("another URL: %v", err)
	}
	if now, _ := server.Webhook(); now != stored {
		t.Errorf("changed to %+v", now)
	}
}

// TestEnsureAfterAnUnknownCreate: Ensure looks again, and converges whether
// the lost create was carried out or not.
func TestEnsureAfterAnUnknownCreate(t *testing.T) {
	for _, kind := range []asctest.Kind{asctest.ErrorAnswer, asctest.ResetBeforeHeaders, asctest.TruncatedBody, asctest.HTMLPage, asctest.NoID} {
		for _, applied := range []bool{false, true} {
			t.Run(string(kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := asctest.NewPipeServer(t)
					server.FailNext(asctest.Fault{Operation: asctest.Create, Kind: kind, Applied: applied})
					result, err := ensure(t, connect(t, server), endpointURL, "new", false)
					want := wrapper.EnsureCreated
					if applied {
						want = wrapper.EnsureUpdated
					}
					stored, _ := server.Webhook()
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
	lost := asctest.Fault{Operation: asctest.Create, Status: 504}
	for name, faults := range map[string][]asctest.Fault{
		"the list is refused":   {{Operation: asctest.List, Kind: asctest.Late}, lost, {Operation: asctest.List, Status: 403}},
		"the create is refused": {lost, {Operation: asctest.Create, Status: 403}},
		"the create stays lost": {{Operation: asctest.Create, Status: 504, Times: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := asctest.NewPipeServer(t)
				server.FailNext(faults...)
				if _, err := ensure(t, connect(t, server), endpointURL, "new", false); !is[*wrapper.OutcomeUnknownError](err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestEnsureMeetsAConflict: another replica creates between list and create;
// or the 409 is meant, and then it is returned.
func TestEnsureMeetsAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server)
		server.FailNext(asctest.Fault{Operation: asctest.Create, Status: 409, Applied: true})
		if result, err := ensure(t, client, endpointURL, "new", false); err != nil || result.Action != wrapper.EnsureUpdated {
			t.Errorf("lost race: %+v, %v", result, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server)
		server.FailNext(asctest.Fault{Operation: asctest.Create, Status: 409, Code: "ENTITY_ERROR.ATTRIBUTE.INVALID", Times: -1})
		_, err := ensure(t, client, endpointURL, "new", false)
		if apiErr, ok := errors.AsType[*wrapper.APIError](err); !ok || !apiErr.HasCode("ENTITY_ERROR.ATTRIBUTE") || len(server.Requests()) != 4 {
			t.Errorf("meant: %d requests, %v", len(server.Requests()), err)
		}
	})
}

// TestEnsureWebhookVanishes: deleted between list and update, it is created.
func TestEnsureWebhookVanishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var server *asctest.Server
		server = asctest.NewPipeServer(t, asctest.WithFaults(func(r asctest.Request) *asctest.Fault {
			if r.Operation == asctest.Update {
				server.RemoveWebhook()
			}
			return nil
		}))
		server.SetWebhook(asctest.Webhook{EndpointURL: endpointURL, Secret: "old"})
		result, err := ensure(t, connect(t, server), endpointURL, "new", false)
		if stored, _ := server.Webhook(); err != nil || result.Action != wrapper.EnsureCreated || stored.Secret != "new" {
			t.Errorf("got %+v, %v, stored %+v", result, err, stored)
		}
	})
}

// TestReplicasStartAtOnce: all with the same values, none fails, and the
// account has the one webhook.
func TestReplicasStartAtOnce(t *testing.T) {
	server := asctest.NewServer(t)
	actions := make(chan wrapper.EnsureAction, 8)
	var wait sync.WaitGroup
	for range 8 {
		client := connectChecked(t, server, quick)
		wait.Go(func() {
			result, err := ensure(t, client, endpointURL, "new", false)
			if err != nil {
				t.Error(err)
			}
			actions <- result.Action
		})
	}
	wait.Wait()
	close(actions)
	count := map[wrapper.EnsureAction]int{}
	for action := range actions {
		count[action]++
	}
	if stored, _ := server.Webhook(); count[wrapper.EnsureCreated] != 1 || count[wrapper.EnsureUpdated] != 7 || stored.Secret != "new" {
		t.Errorf("%v, stored %+v", count, stored)
	}
}

// TestEnsureEndsWithItsContext: cancelled while it waits to look again.
func TestEnsureEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server, wrapper.WithRetry(wrapper.Retry{Backoff: time.Hour, MaxWait: time.Hour}))
		server.FailNext(asctest.Fault{Operation: asctest.Create, Status: 504, Times: -1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.MarketplaceWebhooks.Ensure(ctx, wrapper.EnsureMarketplaceWebhook{EndpointURL: endpointURL, Secret: wrapper.NewSecret("new")})
		if !is[*wrapper.OutcomeUnknownError](err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
