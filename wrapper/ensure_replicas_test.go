package wrapper_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const otherURL = "https://other.example/notifications"

// TestReplicasStartAtOnce: all with the same values, none fails, and the
// account has the one webhook.
func TestReplicasStartAtOnce(t *testing.T) {
	server := asctest.NewServer(t)
	actions := make(chan wrapper.EnsureAction, 8)
	var wait sync.WaitGroup
	for range 8 {
		client := connectChecked(t, server, quick)
		wait.Go(func() {
			result, err := ensure(t, client, endpointURL, "new")
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
	if count[wrapper.EnsureCreated] != 1 || count[wrapper.EnsureUpdated] != 7 {
		t.Errorf("got %v, want one created and seven updated", count)
	}
	if stored, _ := server.MarketplaceWebhook(); stored.Secret != "new" {
		t.Errorf("stored %+v, want the new secret", stored)
	}
}

// TestTwoReplicasOverManyRounds: one replica renews its secret while another
// takes the webhook over. What is stored is always one replica's pair, and one
// of them was told so.
func TestTwoReplicasOverManyRounds(t *testing.T) {
	t.Parallel()
	fake := newAccount(t)
	renewing, taking := fake.client(t, quick), fake.client(t, quick)
	for round := range 40 {
		register(fake, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
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
	register(fake, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "old"})
	fake.intercept = func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPatch {
			there, _ := fake.MarketplaceWebhook()
			there.EndpointURL, there.Secret = otherURL, "theirs"
			register(fake, there)
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

// TestResponseInAnotherForm: the response to our own create is ours when it has
// the same URL as RFC 3986 compares it, as Ensure looks for it the next time.
func TestResponseInAnotherForm(t *testing.T) {
	for returned, ours := range map[string]bool{
		endpointURL + "?a=%7E":                                true,
		"HTTPS://Marketplace.example:443/./notifications?a=~": true,
		"":                                  true, // not told
		endpointURL:                         false,
		endpointURL + "/?a=~":               false,
		endpointURL + "?a=~&b=":             false,
		"https://marketplace.example/other": false,
		"http://marketplace.example/notifications": false,
	} {
		synctest.Test(t, func(t *testing.T) {
			resource := `{"type":"marketplaceWebhooks","id":"1","attributes":{"endpointUrl":"` + returned + `"}}`
			client := transportClient(t, func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodGet {
					return newCanned(200, `{"data":[]}`).RoundTrip(req)
				}
				return newCanned(201, `{"data":`+resource+`}`).RoundTrip(req)
			})
			_, err := ensure(t, client, endpointURL+"?a=~", "new")
			if (err == nil) != ours {
				t.Errorf("%s: got %v, want success %v", returned, err, ours)
			}
		})
	}
}
