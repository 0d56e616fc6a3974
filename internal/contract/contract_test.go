package contract

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/openapi"
)

const (
	listWebhooks   = "marketplaceWebhooks_getCollection"
	createWebhooks = "marketplaceWebhooks_createInstance"
	deleteWebhooks = "marketplaceWebhooks_deleteInstance"
)

const collectionPath = "/v1/marketplaceWebhooks"

const sentCreate = `{"data":{"type":"marketplaceWebhooks","attributes":{"endpointUrl":"https://example.com/in","secret":"canary-5ecret"}}}`

// given is an exchange with a good request.
func given(t *testing.T, operation string, status int, response string) *Exchange {
	t.Helper()
	x := &Exchange{
		Method: "GET", URL: &url.URL{Path: collectionPath}, Secrets: []string{"canary-5ecret"},
		Header:         http.Header{"Authorization": {"Bearer x"}, "Content-Type": {"application/json"}},
		ResponseHeader: http.Header{"Content-Type": {"application/json"}},
		Status:         status, Response: []byte(response),
	}
	switch operation {
	case createWebhooks:
		x.Method, x.Body, x.Secrets = "POST", []byte(sentCreate), nil // which is in the body
	case deleteWebhooks:
		x.Method, x.URL.Path = "DELETE", collectionPath+"/1"
	}
	return x
}

func TestResponsesThatBreakTheDocument(t *testing.T) {
	t.Parallel()
	const (
		one   = `{"data":{"type":"marketplaceWebhooks","id":"1","attributes":{"endpointUrl":"https://e.com"}},"links":{"self":"/x"}}`
		array = `{"data":[{"type":"marketplaceWebhooks","id":"1"}],"links":{"self":"/x"},"meta":{"paging":{"limit":50}}}`
		fail  = `{"errors":[{"status":"404","code":"NOT_FOUND","title":"t"}]}`
	)
	tests := []struct {
		operation string
		status    int
		response  string
		broken    string // empty: keeps the document
	}{
		{createWebhooks, 201, one, ""},
		{createWebhooks, 201, array, ""},
		{listWebhooks, 200, array, ""},
		{deleteWebhooks, 204, "", ""},
		{deleteWebhooks, 404, fail, ""},
		{listWebhooks, 404, fail, ""},
		{listWebhooks, 503, fail, ""},
		{createWebhooks, 415, fail, ""},
		{createWebhooks, 409, `{"errors":[{"status":"409","code":"C","title":"t","meta":{"associatedErrors":{"/v1/x":[]},"new":1}}]}`, ""},
		{createWebhooks, 201, strings.Replace(one, "endpointUrl", "endpointURL", 1), `response 201, /data/attributes/endpointURL: properties: property "endpointURL" is unsupported`},
		{createWebhooks, 201, strings.Replace(one, "https://e.com", "/relative", 1), "/data/attributes/endpointUrl: format"},
		{createWebhooks, 201, strings.Replace(one, "https://e.com", "https://é.com", 1), "/data/attributes/endpointUrl: format"},
		{createWebhooks, 201, strings.Replace(array, `"id":"1"`, `"ID":"1"`, 1), "/data/0"},
		{createWebhooks, 201, strings.Replace(one, `"self":"/x"`, `"self":":"`, 1), "/links/self: format"},
		{createWebhooks, 201, strings.Replace(one, "https://e", "https://canary-5ecret", 1), ""},
		{createWebhooks, 201, strings.Replace(one, `/x`, `/canary-5ecret`, 1), "/links/self: never holds the secret"},
		{createWebhooks, 201, strings.Replace(one, `"endpointUrl"`, `"secret":"canary-5ecret","endpointUrl"`, 1), "never holds the secret"},
		{createWebhooks, 201, one + "{}", "one JSON value"},
		{createWebhooks, 201, "null", ": nullable"},
		{createWebhooks, 201, "", "not readable"},
		{createWebhooks, 200, one, "does not list this status"},
		{createWebhooks, 307, one, "does not list this status"},
		{createWebhooks, 404, one, `property "data" is unsupported`},
		{createWebhooks, 406, fail, "a 406 is plain text"},
		{createWebhooks, 500, `{"errors":[{"code":7}]}`, "/errors/0/code: type"},
		{deleteWebhooks, 204, "{}", "a 204 has no body"},
		{deleteWebhooks, 409, fail, "does not list this status"},
		{listWebhooks, 200, `{"data":[],"links":{"self":"/x"},"errors":[]}`, `property "errors" is unsupported`},
	}
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		err := Join(c.CheckResponse(given(t, test.operation, test.status, test.response)))
		if (err == nil) != (test.broken == "") || err != nil && !strings.Contains(err.Error(), test.broken) {
			t.Errorf("%s %d %s\n got: %v\nwant: %s", test.operation, test.status, test.response, err, test.broken)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), test.operation+" response") ||
			strings.Contains(err.Error(), "5ecret")) {
			t.Errorf("message: %v", err)
		}
	}
}

func TestSecretInAHeader(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	x := given(t, deleteWebhooks, 204, "")
	x.ResponseHeader.Set("X-Echo", "canary-5ecret")
	if err := Join(c.CheckResponse(x)); err == nil || !strings.Contains(err.Error(), "X-Echo") {
		t.Errorf("got %v", err)
	}
}

func TestResponseOfAnotherMediaType(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	x := given(t, listWebhooks, 200, "{}")
	x.ResponseHeader.Set("Content-Type", "text/html")
	if err := Join(c.CheckResponse(x)); err == nil || !strings.Contains(err.Error(), "Content-Type") {
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
		if _, err := New(doc); err == nil || !strings.HasPrefix(err.Error(), "contract: ") {
			t.Errorf("got %v", err)
		}
	}
}

func TestObjectsAreClosedWhereverTheyAre(t *testing.T) {
	t.Parallel()
	const yaml = `
openapi: 3.0.1
info: {title: t, version: "1"}
paths:
  /v1/things:
    get:
      operationId: things
      responses:
        "200":
          description: d
          content:
            application/json:
              schema:
                type: object
                properties:
                  property: &object {type: object, properties: {known: {type: string}}}
                  item: {type: array, items: *object}
                  member: {type: object, additionalProperties: *object}
                  one: {oneOf: [*object]}
                  any: {anyOf: [*object]}
                  all: {allOf: [*object]}
components: {schemas: {ErrorResponse: {type: object}}}
`
	doc, err := openapi3.NewLoader().LoadFromData([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{
		`{"property":{"known":"x"}}`, `{"item":[{"known":"x"}]}`, `{"member":{"m":{"known":"x"}}}`,
		`{"one":{"known":"x"}}`, `{"any":{"known":"x"}}`, `{"all":{"known":"x"}}`,
	} {
		x := given(t, listWebhooks, 200, body)
		x.URL.Path = "/v1/things"
		if err := Join(c.CheckResponse(x)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		x.Response = []byte(strings.ReplaceAll(body, "known", "unknown"))
		if c.CheckResponse(x) == nil {
			t.Errorf("%s is let pass", x.Response)
		}
	}
}
