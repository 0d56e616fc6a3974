package asctest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/internal/racetest"
)

// TestIDsInAnyCase: every operation takes an id in another case.
func TestIDsInAnyCase(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.Webhook{ID: "wh", AppID: "1", Name: "n", URL: "https://ci.example/"},
		asctest.MarketplaceWebhook{ID: "mw", EndpointURL: "https://marketplace.example/"})
	c.expect(200, "", "GET", "/v1/webhooks/WH", "")
	c.expect(200, "", "PATCH", "/v1/webhooks/WH", update("wh", `{"name":"new"}`))
	c.expect(409, "ENTITY_ERROR", "PATCH", "/v1/webhooks/WH", update("other", `{"name":"new"}`))
	marketplace := `{"data":{"type":"marketplaceWebhooks","id":"mw","attributes":{"endpointUrl":"https://new.example/"}}}`
	c.expect(200, "", "PATCH", collection+"/MW", marketplace)
	c.expect(204, "", "DELETE", collection+"/MW", "")
	c.expect(204, "", "DELETE", "/v1/webhooks/WH", "")
}

// TestPathsOfKnownResources: what the document lacks of a resource that it has is not allowed, and says what is.
func TestPathsOfKnownResources(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	for path, want := range map[string]string{
		"/v1/webhookDeliveries/x":    "The resource 'webhookDeliveries' does not allow 'GET_INSTANCE'. Allowed operations are: CREATE",
		"/v1/webhooks":               "The resource 'webhooks' does not allow 'GET_COLLECTION'. Allowed operations are: CREATE, DELETE, GET_INSTANCE, UPDATE",
		"/v1/marketplaceWebhooks/x":  "The resource 'marketplaceWebhooks' does not allow 'GET_INSTANCE'. Allowed operations are: CREATE, DELETE, GET_COLLECTION, UPDATE",
		"/v1/builds":                 "The resource 'builds' does not allow 'GET_COLLECTION'. Allowed operations are: GET_INSTANCE",
		"/v1/webhookDeliveries/x/y":  "There is nothing at this path.",
		"/v1/webhookDeliveries/":     "There is nothing at this path.",
		"/v1/unknown/x":              "There is nothing at this path.",
		"/v2/webhookDeliveries/x":    "There is nothing at this path.",
		"/v1/marketplaceWebhooks/..": "There is nothing at this path.",
	} {
		_, _, body, err := c.fetch("GET", path, "")
		if err != nil || !strings.Contains(body, `"detail":"`+want+`"`) {
			t.Errorf("%s: got %s, want %s", path, body, want)
		}
	}
}

// TestNoIDOnAnEmptyList has a resource of the list's type all the same.
func TestNoIDOnAnEmptyList(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	for path, want := range map[string]string{
		collection: `{"data":[{"type":"marketplaceWebhooks"}],`, "/v1/apps": `{"data":[{"type":"apps"}],`,
	} {
		c.server.FailNext(asctest.Fault{Kind: asctest.FaultNoID})
		if _, _, body, err := c.fetch("GET", path, ""); err != nil || !strings.HasPrefix(body, want) {
			t.Errorf("%s: got %s, want %s", path, body, want)
		}
	}
}

// TestWrongType differs from the right one, whichever that is.
func TestWrongType(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.WithApp("1"))
	for path, want := range map[string]string{
		collection: `{"data":[{"type":"apps",`, "/v1/apps": `{"data":[{"type":"alternativeDistributionPackages",`,
	} {
		c.server.FailNext(asctest.Fault{Kind: asctest.FaultWrongType})
		if _, _, body, err := c.fetch("GET", path, ""); err != nil || !strings.HasPrefix(body, want) {
			t.Errorf("%s: got %s, want %s", path, body, want)
		}
	}
}

// TestFilterOfSeveralValues: of deliveries, as of anything else.
func TestFilterOfSeveralValues(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.Settings{LooseListing: true}, asctest.Webhook{
		ID: "wh", AppID: "1", Name: "n", URL: "http://127.0.0.1:1/", Enabled: true,
	})
	c.ping("wh")
	c.wait()
	for filter, want := range map[string]int{"SUCCEEDED,FAILED": 1, "SUCCEEDED,PENDING": 0, "FAILED": 1} {
		got := c.expect(200, "", "GET", "/v1/webhooks/wh/deliveries?filter[deliveryState]="+filter, "")
		if !strings.Contains(got.body, `"total":`+strconv.Itoa(want)) {
			t.Errorf("%s: %s", filter, got.body)
		}
	}
}

// TestFaultsWithDetails: both are as the document says, with what it has learnt from live responses.
func TestFaultsWithDetails(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[asctest.FaultKind]string{
		asctest.FaultAssociatedErrors: `"code":"STATE_ERROR"`,
		asctest.FaultSeeLink:          `"see":"/v1/marketplaceWebhooks"`,
	} {
		c.server.FailNext(asctest.Fault{Kind: kind, Code: "ENTITY_ERROR.SPECIAL"})
		status, header, body, err := c.fetch("GET", collection, "")
		if err != nil || status != 409 || !strings.Contains(body, want) || !strings.Contains(body, "ENTITY_ERROR.SPECIAL") {
			t.Errorf("%s: %d %s", kind, status, body)
		}
		var parsed struct {
			Errors []struct {
				Code string
				Meta struct {
					AssociatedErrors map[string][]struct{ Code string }
				}
			}
		}
		_ = json.Unmarshal([]byte(body), &parsed)
		associated := parsed.Errors[0].Meta.AssociatedErrors[collection]
		if kind == asctest.FaultAssociatedErrors && (len(associated) != 1 || associated[0].Code != "ENTITY_ERROR.SPECIAL") {
			t.Errorf("associated: %+v", associated)
		}
		x := &contract.Exchange{
			Method: http.MethodPost, URL: &url.URL{Path: collection}, Status: status, ResponseHeader: header, Response: []byte(body),
		}
		if err := contract.Join(document.CheckResponse(x)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestManyResourcesAllocations: neither the record nor what is registered is copied for a read.
func TestManyResourcesAllocations(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates too")
	}
	build := asctest.Resource{Type: "builds", ID: "b1"}
	c := newCaller(t, build, asctest.Webhook{ID: "wh", AppID: "1", Name: "n", URL: "http://127.0.0.1:1/", Enabled: true})
	cost := func() float64 {
		return testing.AllocsPerRun(20, func() { c.expect(200, "", "GET", "/v1/builds/b1", "") })
	}
	before := cost()
	for range 200 {
		c.ping("wh")
	}
	c.wait()
	_ = c.server.Update(func(s *asctest.State) {
		for i := range 1000 {
			s.Resources = append(s.Resources, asctest.Resource{Type: "builds", ID: strconv.Itoa(i)})
		}
	})
	if after := cost(); after > before*1.1+20 {
		t.Errorf("%v allocations at first, %v after 200 deliveries and 1,000 builds", before, after)
	}
}
