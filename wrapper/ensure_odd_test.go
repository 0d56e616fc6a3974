package wrapper_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

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
			_ = server.Update(func(s *asctest.State) { s.MarketplaceWebhook = new(there) })
		}
		return nil
	}})
	_ = server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
	})
	result, err := ensure(t, connect(t, server, quick), endpointURL, "new")
	if err == nil && result.Webhook.EndpointURL != endpointURL {
		t.Errorf("done, says Ensure, with %+v", result)
	}
}

// TestListRefusedWithNotFound: the day on which Apple removes the resource is
// no reason to create a webhook.
func TestListRefusedWithNotFound(t *testing.T) {
	server := asctest.NewServer(t)
	_ = server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
	})
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

// TestOtherEndpointSettles: another URL found after a lost create settles what
// became of it.
func TestOtherEndpointSettles(t *testing.T) {
	var server *asctest.Server
	server = asctest.NewServer(t, asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
		if r.Operation == asctest.MarketplaceWebhooksCreate {
			_ = server.Update(func(s *asctest.State) {
				s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: "https://other.example/n", Secret: "x"})
			})
			return &asctest.Fault{Status: 504}
		}
		return nil
	}})
	_, err := ensure(t, connect(t, server, quick), endpointURL, "new")
	if !is[*wrapper.OtherEndpointError](err) || is[*wrapper.OutcomeUnknownError](err) {
		t.Errorf("%v", err)
	}
}

// TestOtherEndpointIsNotInTheText: it may be private.
func TestOtherEndpointIsNotInTheText(t *testing.T) {
	server := asctest.NewServer(t)
	_ = server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: "https://other.example/private", Secret: "old"})
	})
	_, err := ensure(t, connect(t, server), endpointURL, "new")
	if err == nil || strings.Contains(err.Error(), "private") || !strings.Contains(err.Error(), "Update it") {
		t.Errorf("%v", err)
	}
}

// TestSameURLWithoutPath: an empty path is the root.
func TestSameURLWithoutPath(t *testing.T) {
	server := asctest.NewServer(t)
	_ = server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: "https://marketplace.example/", Secret: "s"})
	})
	result, err := ensure(t, connect(t, server), "https://marketplace.example", "")
	if err != nil || result.Action != wrapper.EnsureUnchanged {
		t.Errorf("got %+v, %v, want it unchanged", result, err)
	}
}

// TestSameURLWithDefaultPort: a port that goes without saying.
func TestSameURLWithDefaultPort(t *testing.T) {
	server := asctest.NewServer(t)
	_ = server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: "https://marketplace.example:443/n", Secret: "old"})
	})
	_, err := ensure(t, connect(t, server, quick), "https://marketplace.example/n", "")
	if err != nil {
		t.Error(err)
	}
}
