package asctest_test

import (
	"net/http"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

func TestArrayResponses(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.Settings{ArrayResponses: true})
	got := c.call("POST", collection, createBody)
	w, _ := c.server.MarketplaceWebhook()
	self := c.server.URL + collection
	want := `{"data":[{"type":"marketplaceWebhooks","id":"` + w.ID + `","attributes":{"endpointUrl":"https://example.com/in"},"links":{"self":"` +
		self + "/" + w.ID + `"}}],"links":{"self":"` + self + `"},"meta":{"paging":{"total":1,"limit":50}}}`
	if got.body != want || got.Header.Get("Location") != self+"/"+w.ID {
		t.Errorf("got %s, Location %s\nwant %s", got.body, got.Header.Get("Location"), want)
	}
}

func TestSecondCreateRespondsAsConfigured(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.MarketplaceWebhook{EndpointURL: "https://e.com", Secret: "s"},
		asctest.Settings{SecondCreateStatus: 422, SecondCreateCode: "ENTITY_UNPROCESSABLE"})
	if got := c.call("POST", collection, createBody); got.StatusCode != http.StatusUnprocessableEntity ||
		got.json.Errors[0].Code != "ENTITY_UNPROCESSABLE" {
		t.Errorf("got %d %s", got.StatusCode, got.body)
	}
}
