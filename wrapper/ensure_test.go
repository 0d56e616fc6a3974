package wrapper_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

type ensured = wrapper.EnsureResult[wrapper.MarketplaceWebhook]

func ensure(t *testing.T, client *wrapper.Client, url, secret string) (ensured, error) {
	t.Helper()
	return client.MarketplaceWebhooks.Ensure(t.Context(), params(url, secret))
}

func TestEnsure(t *testing.T) {
	none, there := asctest.MarketplaceWebhook{}, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"}
	renewed := asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "new"}
	rewritten := asctest.MarketplaceWebhook{EndpointURL: "HTTPS://Marketplace.EXAMPLE:443/notifications", Secret: "old"}
	for name, test := range map[string]struct {
		before   asctest.MarketplaceWebhook
		secret   string
		action   wrapper.EnsureAction
		after    asctest.MarketplaceWebhook
		requests int
	}{
		"none":                {none, "new", wrapper.EnsureCreated, renewed, 2},
		"there":               {there, "", wrapper.EnsureUnchanged, there, 1},
		"there, secret given": {there, "new", wrapper.EnsureUpdated, renewed, 2},
		"written otherwise":   {rewritten, "", wrapper.EnsureUnchanged, rewritten, 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := asctest.NewServer(t)
			if test.before != none {
				register(server, test.before)
			}
			result, err := ensure(t, connectChecked(t, server), endpointURL, test.secret)
			if err != nil || result.Action != test.action {
				t.Fatalf("got %+v, %v", result, err)
			}
			stored, _ := server.MarketplaceWebhook()
			if result.Webhook.ID != stored.ID || result.Webhook.EndpointURL != stored.EndpointURL {
				t.Errorf("told %+v, stored %+v", result.Webhook, stored)
			}
			stored.ID = ""
			if stored != test.after || len(server.Exchanges()) != test.requests {
				t.Errorf("stored %+v after %d requests", stored, len(server.Exchanges()))
			}
		})
	}
}

func TestEnsureRefuses(t *testing.T) {
	server := asctest.NewServer(t)
	client := connectChecked(t, server)
	if _, err := ensure(t, client, endpointURL, ""); err == nil || is[*wrapper.APIError](err) {
		t.Errorf("no webhook and no secret: %v", err)
	}
	register(server, asctest.MarketplaceWebhook{EndpointURL: "https://other.example/private", Secret: "old"})
	stored, _ := server.MarketplaceWebhook()
	_, err := ensure(t, client, endpointURL, "new")
	other, ok := errors.AsType[*wrapper.OtherEndpointError](err)
	if !ok || other.ID != stored.ID || other.URL != stored.EndpointURL {
		t.Errorf("another URL: %v", err)
	}
	if strings.Contains(err.Error(), "private") || !strings.Contains(err.Error(), "Update it") {
		t.Errorf("got %v, want what to do, and the other URL not shown", err)
	}
	if now, _ := server.MarketplaceWebhook(); now != stored {
		t.Errorf("changed to %+v", now)
	}
}

// TestEnsureMeetsAConflict: another replica creates between list and create;
// or the 409 is meant, and then it is returned.
func TestEnsureMeetsAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server)
		server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 409, Applied: true})
		if result, err := ensure(t, client, endpointURL, "new"); err != nil || result.Action != wrapper.EnsureUpdated {
			t.Errorf("lost race: %+v, %v", result, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server)
		const code = "ENTITY_ERROR.ATTRIBUTE.INVALID"
		server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 409, Code: code, Times: -1})
		_, err := ensure(t, client, endpointURL, "new")
		if apiErr, ok := errors.AsType[*wrapper.APIError](err); !ok || !apiErr.HasCode("ENTITY_ERROR.ATTRIBUTE") {
			t.Errorf("meant: got %v", err)
		}
		if n := len(server.Exchanges()); n != 2 {
			t.Errorf("meant: %d requests, want 2", n)
		}
	})
}

// TestEnsureWebhookVanishes: deleted between list and update, it is created.
func TestEnsureWebhookVanishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var server *asctest.Server
		server = asctest.NewPipeServer(t, asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
			if r.Operation == asctest.MarketplaceWebhooksUpdate {
				_ = server.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil })
			}
			return nil
		}})
		register(server, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
		result, err := ensure(t, connect(t, server), endpointURL, "new")
		if stored, _ := server.MarketplaceWebhook(); err != nil || result.Action != wrapper.EnsureCreated || stored.Secret != "new" {
			t.Errorf("got %+v, %v, stored %+v", result, err, stored)
		}
	})
}

// TestEnsureEndsWithItsContext: cancelled while it waits to look again, or
// without waiting beyond its deadline; the outcome stays unknown.
func TestEnsureEndsWithItsContext(t *testing.T) {
	p := params(endpointURL, "new")
	hours := wrapper.WithRetry(wrapper.Retry{Backoff: time.Hour, MaxWait: time.Hour})
	lost := asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 504, Times: -1}
	t.Run("cancelled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := asctest.NewPipeServer(t)
			client := connect(t, server, hours)
			server.FailNext(lost)
			ctx, cancel := context.WithCancelCause(t.Context())
			cause := errors.New("shutting down")
			time.AfterFunc(time.Second, func() { cancel(cause) })
			start := time.Now()
			_, err := client.MarketplaceWebhooks.Ensure(ctx, p)
			if !is[*wrapper.OutcomeUnknownError](err) || !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(start); took != time.Second {
				t.Errorf("took %v", took)
			}
		})
	})
	t.Run("deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := asctest.NewPipeServer(t)
			client := connect(t, server, hours)
			server.FailNext(lost)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := client.MarketplaceWebhooks.Ensure(ctx, p)
			if !is[*wrapper.OutcomeUnknownError](err) || ctx.Err() != nil {
				t.Errorf("got %v", err)
			}
		})
	})
}

// TestEnsureRounds: three lost creates are not too many.
func TestEnsureRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 504, Times: 3})
		result, err := ensure(t, connect(t, server), endpointURL, "new")
		if err != nil || result.Action != wrapper.EnsureCreated {
			t.Errorf("%+v, %v", result, err)
		}
	})
}

// TestEnsureUpdatesAnothersURL: a webhook that moved meanwhile is not what was
// asked for.
func TestEnsureUpdatesAnothersURL(t *testing.T) {
	const other = "https://other.example/notifications"
	var server *asctest.Server
	done := false
	server = asctest.NewServer(t, asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
		if r.Operation == asctest.MarketplaceWebhooksUpdate && !done {
			done = true
			there, _ := server.MarketplaceWebhook()
			there.EndpointURL = other // another replica was faster
			register(server, there)
		}
		return nil
	}})
	register(server, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
	result, err := ensure(t, connect(t, server, quick), endpointURL, "new")
	if err == nil && result.Webhook.EndpointURL != endpointURL {
		t.Errorf("done, says Ensure, with %+v", result)
	}
}

// TestListRefusedWithNotFound: the day on which Apple removes the resource is
// no reason to create a webhook.
func TestListRefusedWithNotFound(t *testing.T) {
	server := asctest.NewServer(t)
	register(server, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
	client := connect(t, server, quick)
	server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksList, Status: 404, Code: "NOT_FOUND"})
	if _, err := client.MarketplaceWebhooks.Get(t.Context()); errors.Is(err, wrapper.ErrNotFound) {
		t.Errorf("a refused list was taken for an account without webhook: %v", err)
	}
	server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksList, Status: 404, Code: "NOT_FOUND"})
	_, err := ensure(t, client, endpointURL, "new")
	for _, r := range server.Exchanges() {
		if r.Operation == asctest.MarketplaceWebhooksCreate {
			t.Errorf("Ensure sent a create: %v", err)
		}
	}
}

// TestOtherEndpointSettles: another URL found after a lost create settles what
// became of it.
func TestOtherEndpointSettles(t *testing.T) {
	var server *asctest.Server
	server = asctest.NewServer(t, asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
		if r.Operation == asctest.MarketplaceWebhooksCreate {
			register(server, asctest.MarketplaceWebhook{EndpointURL: "https://other.example/n", Secret: "x"})
			return &asctest.Fault{Status: 504}
		}
		return nil
	}})
	_, err := ensure(t, connect(t, server, quick), endpointURL, "new")
	if !is[*wrapper.OtherEndpointError](err) || is[*wrapper.OutcomeUnknownError](err) {
		t.Errorf("%v", err)
	}
}

// TestSameURLWithoutPath: an empty path is the root.
func TestSameURLWithoutPath(t *testing.T) {
	server := asctest.NewServer(t)
	register(server, asctest.MarketplaceWebhook{EndpointURL: "https://marketplace.example/", Secret: "s"})
	result, err := ensure(t, connect(t, server), "https://marketplace.example", "")
	if err != nil || result.Action != wrapper.EnsureUnchanged {
		t.Errorf("got %+v, %v, want it unchanged", result, err)
	}
}
