package asctest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

func TestWaitsForCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pipeCaller(t)
		created := func(x asctest.Exchange) bool { return x.Operation == asctest.MarketplaceWebhooksCreate }
		time.AfterFunc(time.Second, func() {
			c.call("GET", collection, "")
			c.call("POST", collection, createBody)
			c.call("POST", collection, createBody)
		})
		start := time.Now()
		got, err := c.server.WaitForExchanges(t.Context(), 2, created)
		if len(got) != 2 || got[1].Status != http.StatusConflict || err != nil || time.Since(start) != time.Second {
			t.Errorf("after %v: %d calls, %v", time.Since(start), len(got), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got, err = c.server.WaitForExchanges(ctx, 3, created)
		if len(got) != 2 || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second+time.Minute {
			t.Errorf("after %v: %d calls, %v", time.Since(start), len(got), err)
		}
	})
}

// TestResetForgetsWhatWasWaitedFor: half of it came before.
func TestResetForgetsWhatWasWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pipeCaller(t)
		c.call("GET", collection, "")
		time.AfterFunc(time.Second, func() {
			c.server.Reset()
			synctest.Wait()
			c.call("GET", collection, "")
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got, err := c.server.WaitForExchanges(ctx, 2, func(asctest.Exchange) bool { return true })
		if len(got) != 1 || err == nil {
			t.Errorf("%d calls, %v", len(got), err)
		}
	})
}

// TestWaitsForDeliveries: each once, when it is finished.
func TestWaitsForDeliveries(t *testing.T) {
	t.Parallel()
	in := newInbox(t, 503)
	server := asctest.NewServer(t, asctest.Webhook{ID: "w", AppID: "1", URL: in.URL, Secret: "canary-5ecret", Enabled: true})
	signed, err := server.SignBytes("", []byte(`{"data":{"type":"tomorrow"`))
	if err != nil || len(signed) != 1 {
		t.Fatal(signed, err)
	}
	go func() { _, _ = signed[0].Send(t.Context()) }()
	got, err := server.WaitForDeliveries(t.Context(), 1, func(d asctest.Delivery) bool { return d.WebhookID == "w" })
	if err != nil || len(got) != 1 || got[0].StatusCode != http.StatusServiceUnavailable ||
		string(got[0].Payload) != `{"data":{"type":"tomorrow"` {
		t.Errorf("%+v, %v", got, err)
	}
}

type slowTransport struct{}

func (slowTransport) RoundTrip(*http.Request) (*http.Response, error) {
	time.Sleep(3 * time.Second)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// TestDurations: of a call with the delay of its fault, and of a delivery until the receiver responds.
func TestDurations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pipeCaller(t, asctest.Settings{DeliveryTransport: slowTransport{}},
			asctest.MarketplaceWebhook{EndpointURL: "https://a.example", Secret: "secret"})
		c.server.FailNext(asctest.Fault{Kind: asctest.FaultLate, Delay: 2 * time.Second})
		c.call("GET", collection, "")
		if got := c.server.Exchanges()[0].Duration; got != 2*time.Second {
			t.Errorf("the call took %v", got)
		}
		signed, err := c.server.SignBytes("", []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if d, err := signed[0].Send(t.Context()); d.Duration != 3*time.Second || err != nil {
			t.Errorf("the delivery took %v, %v", d.Duration, err)
		}
	})
}

// TestFormerSecretsAreACopy: what a test does with them is its own affair.
func TestFormerSecretsAreACopy(t *testing.T) {
	t.Parallel()
	server := asctest.NewServer(t, asctest.MarketplaceWebhook{ID: "m", EndpointURL: "https://a.example", Secret: "first"})
	_ = server.Update(func(s *asctest.State) { s.MarketplaceWebhook.Secret = "second" })
	server.State().FormerSecrets["m"][0] = "changed"
	delete(server.State().FormerSecrets, "m")
	if got := server.State().FormerSecrets["m"]; len(got) != 1 || got[0] != "first" {
		t.Errorf("got %q", got)
	}
}

func TestSignBytesNeedsARecipient(t *testing.T) {
	t.Parallel()
	two := []asctest.Option{
		asctest.MarketplaceWebhook{ID: "m", EndpointURL: "https://a.example", Secret: "s"},
		asctest.Webhook{ID: "w", AppID: "1", URL: "https://a.example", Secret: "s"},
		asctest.Webhook{ID: "v", AppID: "1", URL: "https://b.example", Secret: "s", Enabled: true},
	}
	for _, test := range []struct {
		to   string
		want int
	}{{"", 0}, {"m", 1}, {"W", 1}, {"1", 1}, {"2", 0}} {
		signed, err := asctest.NewServer(t, two...).SignBytes(test.to, []byte("{"))
		if len(signed) != test.want || (err == nil) != (test.want > 0) {
			t.Errorf("to %q: %d, %v", test.to, len(signed), err)
		}
	}
}
