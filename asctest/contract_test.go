package asctest

// These are in the package, since the fake gives no bad answers to look at from outside.

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/openapi"
)

const collectionPath = "/v1/marketplaceWebhooks"

const sentCreate = `{"data":{"type":"marketplaceWebhooks","attributes":{"endpointUrl":"https://example.com/in","secret":"canary-5ecret"}}}`

// given is an exchange with a good request.
func given(t *testing.T, operation Operation, status int, answer string) *exchange {
	t.Helper()
	x := &exchange{
		method: "GET", url: &url.URL{Path: collectionPath}, secrets: []string{"canary-5ecret"},
		header:         http.Header{"Authorization": {"Bearer x"}, "Content-Type": {"application/json"}},
		responseHeader: http.Header{"Content-Type": {"application/json"}},
		status:         status, response: []byte(answer),
	}
	switch operation {
	case MarketplaceWebhooksCreate:
		x.method, x.body = "POST", []byte(sentCreate)
	case MarketplaceWebhooksDelete:
		x.method, x.url.Path = "DELETE", collectionPath+"/1"
	}
	return x
}

func TestAnswersThatBreakTheDocument(t *testing.T) {
	t.Parallel()
	const (
		one   = `{"data":{"type":"marketplaceWebhooks","id":"1","attributes":{"endpointUrl":"https://e.com"}},"links":{"self":"/x"}}`
		array = `{"data":[{"type":"marketplaceWebhooks","id":"1"}],"links":{"self":"/x"},"meta":{"paging":{"limit":50}}}`
		fail  = `{"errors":[{"status":"404","code":"NOT_FOUND","title":"t"}]}`
	)
	tests := []struct {
		operation Operation
		status    int
		answer    string
		broken    string // empty: keeps the document
	}{
		{MarketplaceWebhooksCreate, 201, one, ""},
		{MarketplaceWebhooksCreate, 201, array, ""},
		{MarketplaceWebhooksList, 200, array, ""},
		{MarketplaceWebhooksDelete, 204, "", ""},
		{MarketplaceWebhooksDelete, 404, fail, ""},
		{MarketplaceWebhooksList, 404, fail, ""},
		{MarketplaceWebhooksList, 503, fail, ""},
		{MarketplaceWebhooksCreate, 415, fail, ""},
		{MarketplaceWebhooksCreate, 409, `{"errors":[{"status":"409","code":"C","title":"t","meta":{"associatedErrors":{"/v1/x":[]},"new":1}}]}`, ""},
		{MarketplaceWebhooksCreate, 201, strings.Replace(one, "endpointUrl", "endpointURL", 1), `response 201, /data/attributes/endpointURL: properties: property "endpointURL" is unsupported`},
		{MarketplaceWebhooksCreate, 201, strings.Replace(one, "https://e.com", "/relative", 1), "/data/attributes/endpointUrl: format"},
		{MarketplaceWebhooksCreate, 201, strings.Replace(array, `"id":"1"`, `"ID":"1"`, 1), "/data/0"},
		{MarketplaceWebhooksCreate, 201, strings.Replace(one, `"self":"/x"`, `"self":":"`, 1), "/links/self: format"},
		{MarketplaceWebhooksCreate, 201, strings.Replace(one, "https://e", "https://canary-5ecret", 1), ""},
		{MarketplaceWebhooksCreate, 201, strings.Replace(one, `/x`, `/canary-5ecret`, 1), "/links/self: never holds the secret"},
		{MarketplaceWebhooksCreate, 201, strings.Replace(one, `"endpointUrl"`, `"secret":"canary-5ecret","endpointUrl"`, 1), "never holds the secret"},
		{MarketplaceWebhooksCreate, 201, one + "{}", "one JSON value"},
		{MarketplaceWebhooksCreate, 201, "null", ": nullable"},
		{MarketplaceWebhooksCreate, 201, "", "not readable"},
		{MarketplaceWebhooksCreate, 200, one, "does not list this status"},
		{MarketplaceWebhooksCreate, 307, one, "does not list this status"},
		{MarketplaceWebhooksCreate, 404, one, `property "data" is unsupported`},
		{MarketplaceWebhooksCreate, 406, fail, "a 406 is plain text"},
		{MarketplaceWebhooksCreate, 500, `{"errors":[{"code":7}]}`, "/errors/0/code: type"},
		{MarketplaceWebhooksDelete, 204, "{}", "a 204 has no body"},
		{MarketplaceWebhooksDelete, 409, fail, "does not list this status"},
		{MarketplaceWebhooksList, 200, `{"data":[],"links":{"self":"/x"},"errors":[]}`, `property "errors" is unsupported`},
	}
	c, err := document()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		err := c.checkResponse(given(t, test.operation, test.status, test.answer)).errors()
		if (err == nil) != (test.broken == "") || err != nil && !strings.Contains(err.Error(), test.broken) {
			t.Errorf("%s %d %s\n got: %v\nwant: %s", test.operation, test.status, test.answer, err, test.broken)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), string(test.operation)+" response") || strings.Contains(err.Error(), "5ecret")) {
			t.Errorf("message: %v", err)
		}
	}
}

func TestSecretInAHeader(t *testing.T) {
	t.Parallel()
	c, err := document()
	if err != nil {
		t.Fatal(err)
	}
	x := given(t, MarketplaceWebhooksDelete, 204, "")
	x.responseHeader.Set("X-Echo", "canary-5ecret")
	if err := c.checkResponse(x).errors(); err == nil || !strings.Contains(err.Error(), "X-Echo") {
		t.Errorf("got %v", err)
	}
}

func TestDocumentsThatCantBeUsed(t *testing.T) {
	t.Parallel()
	renamed := strings.ReplaceAll(string(openapi.AppStoreConnect()), "ErrorResponse", "Errors")
	for _, yaml := range []string{"openapi: 3.0.1", renamed} {
		doc, err := openapi3.NewLoader().LoadFromData([]byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newContract(doc); err == nil || !strings.HasPrefix(err.Error(), "asctest: ") {
			t.Errorf("got %v", err)
		}
	}
}

// TestEveryOperationIsPerformed: what the document has, the fake offers.
func TestEveryOperationIsPerformed(t *testing.T) {
	t.Parallel()
	h, err := New(Settings{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for template, item := range h.contract.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			c := &call{
				request:   httptest.NewRequest(method, strings.ReplaceAll(template, "{id}", "7"), nil),
				operation: Operation(operation.OperationID), id: "7",
			}
			if r := h.perform(c, &state{}); r.status == http.StatusInternalServerError {
				t.Errorf("%s is not offered", operation.OperationID)
			}
		}
	}
}
