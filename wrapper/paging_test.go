package wrapper_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/racetest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestPagesFollowTheQueryOnly: Apple's links have been seen to name another
// host, and a token must never go there.
func TestPagesFollowTheQueryOnly(t *testing.T) {
	client, sent := scripted(t, func(n int, _ sentRequest) (int, string) {
		next := `,"next":"https://api-appstoreconnect.itunes.apple.com/v1/elsewhere?cursor=2&limit=200"`
		if n == 2 {
			next = ""
		}
		return 200, `{"data":[` + webhookResource + `],"links":{"self":"https://api.example/"` + next + `}}`
	})
	count := 0
	for _, err := range client.Webhooks.List(t.Context(), appID) {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count != 2 {
		t.Errorf("%d webhooks, want 2", count)
	}
	const path = wrapper.DefaultBaseURL + "/v1/apps/" + appID + "/webhooks?"
	want := []sentRequest{{"GET", path + "limit=200", ""}, {"GET", path + "cursor=2&limit=200", ""}}
	if !slices.Equal(*sent, want) {
		t.Errorf("got %v, want %v", *sent, want)
	}
}

// TestPagesEnd: links that lead nowhere or in circles are an error, not a
// list that looks complete.
func TestPagesEnd(t *testing.T) {
	for name, next := range map[string]string{"circle": "https://h/?cursor=1", "no query": "https://h/", "no URL": "https://%zz"} {
		t.Run(name, func(t *testing.T) {
			response := `{"data":[],"links":{"self":"https://api.example/","next":"` + next + `"}}`
			client := cannedClient(t, newCanned(200, response), quick)
			var last error
			for _, err := range client.Webhooks.List(t.Context(), appID) {
				last = err
			}
			if last == nil || !strings.Contains(last.Error(), "links.next") {
				t.Errorf("got %v", last)
			}
		})
	}
}

// TestPagesInALoop: from A to B to A.
func TestPagesInALoop(t *testing.T) {
	client, sent := scripted(t, func(n int, _ sentRequest) (int, string) {
		return 200, fmt.Sprintf(`{"data":[],"links":{"next":"https://h/?cursor=%d"}}`, n%2)
	})
	err := firstError(client.Webhooks.List(t.Context(), appID))
	if err == nil || !strings.Contains(err.Error(), "back to a page") || len(*sent) != 3 {
		t.Errorf("%d requests: %v", len(*sent), err)
	}
}

// TestLargeListsEnd: though the cursor is always a new one.
func TestLargeListsEnd(t *testing.T) {
	if racetest.Enabled {
		t.Skip("nothing here is concurrent, and the race detector takes ten times as long")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	client, sent := scripted(t, func(n int, _ sentRequest) (int, string) {
		return 200, fmt.Sprintf(`{"data":[],"links":{"next":"https://h/?cursor=%d"}}`, n)
	})
	err := firstError(client.Webhooks.List(ctx, appID))
	if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "no end") {
		t.Errorf("after %d requests: %v", len(*sent), err)
	}
}

// TestOddLinks: they matter to a list only, whose error names them.
func TestOddLinks(t *testing.T) {
	for _, links := range []string{`5`, `[]`, `{"next":5}`, `{"next":{"href":"x"}}`} {
		odd := `,"links":` + links + `,"meta":` + links + `}`
		client, _ := scripted(t, func(_ int, sent sentRequest) (int, string) {
			if sent.Method == http.MethodPost {
				return 201, `{"data":[` + resource + `]` + odd
			}
			return 200, `{"data":[` + webhookResource + `]` + odd
		})
		if _, err := client.MarketplaceWebhooks.Create(t.Context(), anyParams()); err != nil {
			t.Errorf("%s: %v", links, err)
		}
		err := firstError(client.Webhooks.List(t.Context(), appID))
		if err == nil || !strings.Contains(err.Error(), "links") {
			t.Errorf("%s: got %v, want an error that names the links", links, err)
		}
	}
}

// TestPageWithAnotherResource: what is not a webhook, or not a delivery, ends the list.
func TestPageWithAnotherResource(t *testing.T) {
	const links = `"links":{"self":"https://api.example/","next":"https://api.example/?cursor=2"}`
	client := cannedClient(t, newCanned(200, `{"data":[{"type":"apps","id":"1"}],`+links+`}`), quick)
	for want, err := range map[string]error{
		"data[0]: type is not webhooks": firstError(client.Webhooks.List(t.Context(), appID)),
		"data[0]: type is not webhookDeliveries": firstError(
			client.Webhooks.Deliveries(t.Context(), webhookID, wrapper.DeliveryFilter{})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestDeliveriesOverTwoPages: the fake's links.next name another host, to
// which nothing is sent.
func TestDeliveriesOverTwoPages(t *testing.T) {
	t.Parallel()
	server := asctest.NewServer(t, asctest.WithApp(appID),
		asctest.Settings{DeliveryTransport: roundTripper(func(req *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, req.Body)
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
		})})
	client := connectChecked(t, server, quick)
	id := prepare(server, asctest.WebhooksDeliveries)
	want := map[string]bool{}
	for range 201 {
		want[notify(server.Handler, id).ID] = true
	}
	for delivery, err := range client.Webhooks.Deliveries(t.Context(), id, wrapper.DeliveryFilter{}) {
		if err != nil || !want[delivery.ID] || len(delivery.Payload) == 0 {
			t.Fatalf("got %+v, %v", delivery, err)
		}
		delete(want, delivery.ID)
	}
	if len(want) != 0 || countRequests(server.Handler, asctest.WebhooksDeliveries) != 2 {
		t.Errorf("%d not listed, %d requests", len(want), countRequests(server.Handler, asctest.WebhooksDeliveries))
	}
}
