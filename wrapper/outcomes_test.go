package wrapper_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestEveryServerErrorToACreateIsUnknown: also those that are never retried.
func TestEveryServerErrorToACreateIsUnknown(t *testing.T) {
	for status, want := range map[int]bool{500: true, 501: true, 505: true, 524: true, 599: true, 400: false, 499: false} {
		err := perform(t, cannedClient(t, newCanned(status, "")), asctest.MarketplaceWebhooksCreate, "")
		if is[*wrapper.OutcomeUnknownError](err) != want {
			t.Errorf("%d: got %v, want unknown %v", status, err, want)
		}
	}
}

// TestDNSErrors: an unknown host stays unknown; a name server that is slow may
// respond the next time.
func TestDNSErrors(t *testing.T) {
	for _, test := range []struct {
		err  net.DNSError
		want int
	}{
		{net.DNSError{Err: "no such host", IsNotFound: true}, 1},
		{net.DNSError{Err: "i/o timeout", IsTimeout: true}, 4},
		{net.DNSError{Err: "server misbehaving", IsTemporary: true}, 4},
	} {
		n := 0
		client := transportClient(t, func(*http.Request) (*http.Response, error) {
			n++
			return nil, &net.OpError{Op: "dial", Err: &test.err}
		}, quick)
		if err := perform(t, client, asctest.MarketplaceWebhooksCreate, ""); err == nil || n != test.want {
			t.Errorf("%s: %d attempts, want %d: %v", test.err.Err, n, test.want, err)
		}
	}
}

// TestOneRetryOfAKind: a refused token and an invalid response are worth one
// more attempt, whatever comes between.
func TestOneRetryOfAKind(t *testing.T) {
	for _, test := range []struct {
		statuses []int
		want     int
	}{
		{[]int{401, 503, 401, 200}, 3}, {[]int{299, 503, 299, 200}, 3}, {[]int{401, 503, 299, 200}, 4}, {[]int{503, 503, 503, 200}, 4},
	} {
		client, sent := scripted(t, func(n int, _ sentRequest) (int, string) { return test.statuses[n-1], `{"data":[]}` })
		_, err := client.MarketplaceWebhooks.List(t.Context())
		if len(*sent) != test.want || (err == nil) != (test.want == 4) {
			t.Errorf("%v: %d attempts, %v", test.statuses, len(*sent), err)
		}
	}
}

// TestTheLatestFailureIsKept: where the context ends a call, the error shows
// what was before, and of several failures the latest.
func TestTheLatestFailureIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		statuses := []int{502, 503}
		client := transportClient(t, func(req *http.Request) (*http.Response, error) {
			if len(statuses) == 0 {
				cancel()
				return nil, req.Context().Err()
			}
			status := statuses[0]
			statuses = statuses[1:]
			return newCanned(status, "").RoundTrip(req)
		})
		_, err := client.MarketplaceWebhooks.List(ctx)
		apiErr, ok := errors.AsType[*wrapper.APIError](err)
		if !errors.Is(err, context.Canceled) || !ok || apiErr.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("got %v, want both, and of the failures the latest", err)
		}
	})
}

// TestEchoThresholds: a line break anywhere hides no echo; what is shorter than
// eight bytes stays where a code is looked for.
func TestEchoThresholds(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	for i := 1; i < len(secret); i++ {
		if got := wrapper.Redact("<pre>"+secret[:i]+"\r\n  "+secret[i:]+"</pre>", "token", secret); got != "[redacted]" {
			t.Fatalf("wrapped after %d: %q", i, got)
		}
	}
	for secret, want := range map[string]bool{"abcdefg": false, "abcdefgh": true, "abc-efgh": true, "a------h": true, "ab-----": false} {
		if got := wrapper.Redact("code "+secret+".", "token", secret) == "[redacted]"; got != want {
			t.Errorf("%s: withheld %v, want %v", secret, got, want)
		}
	}
}

// TestEnsureLooksTwice after a create of unknown outcome, however short Timeout is.
func TestEnsureLooksTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := newAccount(t)
		looks, creates := 0, 0
		fake.intercept = func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				looks++
				return nil, nil
			}
			if creates++; creates == 2 && looks != 3 {
				t.Errorf("created again after %d looks, want 2 and the one before", looks)
			}
			return newCanned(504, "").RoundTrip(req)
		}
		retry := wrapper.WithRetry(wrapper.Retry{Attempts: 2, Timeout: time.Nanosecond})
		if _, err := ensure(t, fake.client(t, retry), endpointURL, "new"); !is[*wrapper.OutcomeUnknownError](err) || creates != 2 {
			t.Errorf("%d creates: %v", creates, err)
		}
	})
}

// TestUpdateWithoutURL: a response that leaves the URL out says nothing about it.
func TestUpdateWithoutURL(t *testing.T) {
	client, sent := scripted(t, func(_ int, sent sentRequest) (int, string) {
		if sent.Method == http.MethodGet {
			return 200, `{"data":[{"type":"webhooks","id":"c","attributes":{"name":"ours","url":"` + webhookParams.URL + `"}}]}`
		}
		return 200, `{"data":{"type":"webhooks","id":"c"}}`
	})
	result, err := client.Webhooks.Ensure(t.Context(), appID, webhookParams)
	if err != nil || result.Action != wrapper.EnsureUpdated || len(*sent) != 2 {
		t.Errorf("%d requests: %+v, %v", len(*sent), result, err)
	}
}

// TestDeliveriesAreCompared here: the states, and the dates below the second. An
// error of the list comes whatever the filter.
func TestDeliveriesAreCompared(t *testing.T) {
	since := time.Now().Add(-time.Hour).Truncate(time.Second).Add(500 * time.Millisecond).UTC()
	var data []string
	for i := range 4 {
		data = append(data, fmt.Sprintf(`{"type":"webhookDeliveries","id":"d%d","attributes":{"deliveryState":"FAILED","createdDate":"%s"}}`,
			i, since.Add(time.Duration(i-1)*time.Millisecond).Format(time.RFC3339Nano)))
	}
	client, _ := scripted(t, always(200, `{"data":[`+strings.Join(data, ",")+`]}`))
	var got []string
	filter := wrapper.DeliveryFilter{Since: since, Before: since.Add(2 * time.Millisecond)}
	for delivery, err := range client.Webhooks.Deliveries(t.Context(), webhookID, filter) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, delivery.ID)
	}
	if !slices.Equal(got, []string{"d1", "d2"}) {
		t.Errorf("got %v, want d1 and d2", got)
	}
	client, _ = scripted(t, always(403, ""))
	states := wrapper.DeliveryFilter{States: []wrapper.DeliveryState{wrapper.DeliveryFailed}}
	if err := firstError(client.Webhooks.Deliveries(t.Context(), webhookID, states)); !is[*wrapper.APIError](err) {
		t.Errorf("got %v, want the refusal", err)
	}
}
