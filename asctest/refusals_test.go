package asctest_test

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.WithApp(marketplaceApp))
	id := c.create()
	instance := collection + "/" + id
	attributes := func(s string) string {
		return `{"data":{"type":"marketplaceWebhooks","attributes":` + s + `}}`
	}
	update := func(s string) string {
		return `{"data":{"type":"marketplaceWebhooks","id":"` + id + `"` + s + `}}`
	}
	const invalid, shape, attribute, parameter = "ENTITY_INVALID", "ENTITY_UNPROCESSABLE", "ENTITY_ERROR.ATTRIBUTE.", "PARAMETER_ERROR."
	tests := []struct {
		method, path, body string
		status             int
		code, source       string
	}{
		{"GET", "/v1/nothing", "", 404, "PATH_ERROR", ""},
		{"GET", "/", "", 404, "PATH_ERROR", ""},
		{"DELETE", collection + "/", "", 404, "PATH_ERROR", ""},
		{"DELETE", collection + "/..", "", 404, "PATH_ERROR", ""},
		{"DELETE", collection + "/%2e%2e", "", 404, "PATH_ERROR", ""},
		{"DELETE", collection + "/a/b", "", 404, "PATH_ERROR", ""},
		{"DELETE", collection + "/a%2Fb", "", 404, "NOT_FOUND", ""},
		{"PATCH", collection + "/unknown", update(""), 404, "NOT_FOUND", ""},
		{"GET", instance, "", 403, "FORBIDDEN_ERROR", ""},
		{"POST", instance, createBody, 403, "FORBIDDEN_ERROR", ""},
		{"PATCH", collection, update(""), 403, "FORBIDDEN_ERROR", ""},
		{"DELETE", collection, "", 403, "FORBIDDEN_ERROR", ""},
		{"PUT", instance, createBody, 405, "METHOD_NOT_ALLOWED", ""},
		{"OPTIONS", collection, "", 405, "METHOD_NOT_ALLOWED", ""},

		{"GET", collection + "?limit=0", "", 400, parameter + "INVALID", "limit"},
		{"GET", collection + "?limit=-1", "", 400, parameter + "INVALID", "limit"},
		{"GET", collection + "?limit=201", "", 400, parameter + "INVALID", "limit"},
		{"GET", collection + "?limit=99999999999999999999", "", 400, parameter + "INVALID", "limit"},
		{"GET", collection + "?limit=ten", "", 400, parameter + "INVALID", "limit"},
		{"GET", collection + "?limit=", "", 400, parameter + "INVALID", "limit"},
		{"GET", collection + "?limit=1&limit=2", "", 400, parameter + "DUPLICATE", "limit"},
		{"GET", collection + "?cursor=x", "", 400, parameter + "INVALID", "cursor"},
		{"GET", collection + "?fields[marketplaceWebhooks]=secret", "", 400, parameter + "INVALID", "fields[marketplaceWebhooks]"},
		{"GET", collection + "?fields[marketplaceWebhooks]=", "", 400, parameter + "INVALID", "fields[marketplaceWebhooks]"},
		{"GET", collection + "?limit=%zz", "", 400, parameter + "INVALID", ""},
		{"DELETE", instance + "?limit=1", "", 400, parameter + "ILLEGAL", "limit"},

		{"POST", collection, `{"data":`, 400, invalid, ""},
		{"POST", collection, createBody + "{}", 400, invalid, ""},
		{"POST", collection, "null", 422, shape, "/data"},
		{"POST", collection, `{}`, 422, shape, "/data"},
		{"POST", collection, `{"data":[]}`, 422, shape, "/data"},
		{"POST", collection, `{"data":{"attributes":{}}}`, 422, shape, "/data/type"},
		{"POST", collection, `{"data":{"type":"apps","attributes":{}}}`, 422, shape, "/data/type"},
		{"POST", collection, `{"data":{"type":"marketplaceWebhooks"}}`, 422, shape, "/data/attributes"},
		{"POST", collection, attributes("7"), 422, shape, "/data/attributes"},
		{"POST", collection, `{"meta":1,"data":{"type":"marketplaceWebhooks","attributes":{}}}`, 422, shape, "/meta"},
		{"POST", collection, update(`,"attributes":{}`), 422, shape, "/data/id"},
		{"POST", collection, attributes(`{"secret":"s"}`), 409, attribute + "REQUIRED", "/data/attributes/endpointUrl"},
		{"POST", collection, attributes(`{"endpointUrl":"https://e.com","secret":null}`), 409, attribute + "REQUIRED", "/data/attributes/secret"},
		{"POST", collection, attributes(`{"endpointUrl":"https://e.com","secret":""}`), 409, attribute + "INVALID", "/data/attributes/secret"},
		{"POST", collection, attributes(`{"endpointUrl":7,"secret":"s"}`), 409, attribute + "TYPE", "/data/attributes/endpointUrl"},
		{"POST", collection, attributes(`{"endpointUrl":"/path","secret":"s"}`), 409, attribute + "INVALID", "/data/attributes/endpointUrl"},
		{"POST", collection, attributes(`{"endpointUrl":"HTTP://e.com","secret":"s"}`), 409, attribute + "INVALID", "/data/attributes/endpointUrl"},
		{"PATCH", instance, update(`,"attributes":{"endpointUrl":"http://e.com"}`), 409, attribute + "INVALID", "/data/attributes/endpointUrl"},
		{"POST", "/v1/webhooks", createWebhookBody(marketplaceApp, "http://e.com", buildUploads), 409, attribute + "INVALID", "/data/attributes/url"},
		{"POST", collection, attributes(`{"endpointUrl":"https://e.com","secret":"s","a/b":1}`), 409, attribute + "UNKNOWN", "/data/attributes/a~1b"},
		{"POST", collection, createBody, 409, "ENTITY_ERROR", ""},
		{"PATCH", instance, `{"data":{"type":"marketplaceWebhooks"}}`, 422, shape, "/data/id"},
		{"PATCH", instance, `{"data":{"type":"marketplaceWebhooks","id":"other"}}`, 409, "ENTITY_ERROR", "/data/id"},
		{"PATCH", instance, update(`,"attributes":null`), 422, shape, "/data/attributes"},
		{"PATCH", instance, update(`,"attributes":{"endpointUrl":"e.com"}`), 409, attribute + "INVALID", "/data/attributes/endpointUrl"},
	}
	for _, test := range tests {
		got := c.call(test.method, test.path, test.body)
		if len(got.json.Errors) == 0 {
			t.Errorf("%s %s %s: %d without errors", test.method, test.path, test.body, got.StatusCode)
			continue
		}
		first := got.json.Errors[0]
		if got.StatusCode != test.status || first.Status != fmt.Sprint(test.status) || first.Code != test.code ||
			first.Source.Pointer+first.Source.Parameter != test.source {
			t.Errorf("%s %s %s\n got: %d %+v\nwant: %+v", test.method, test.path, test.body, got.StatusCode, first, test)
		}
	}
	if w, _ := c.server.MarketplaceWebhook(); w.EndpointURL != "https://example.com/in" {
		t.Errorf("a refused call took effect: %s", w.EndpointURL)
	}
}

// TestPlainHTTP: webhooks may have http URLs on loopback, and on any host where the fake itself is called in the clear
// by another name: from a container.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		url, called, proxied string
		status               int
	}{
		{"http://localhost:3000/", "", "", 201},
		{"http://[::1]/", "", "", 201},
		{"http://127.9.9.9/", "sandbox", "https", 201},
		{"http://127.0.0.1.example/", "", "", 409},
		{"http://service:3000/", "LocalHost:8080", "", 409},
		{"http://service:3000/", "[::1]:8080", "", 409},
		{"http://service:3000/", "sandbox:8080", "", 201},
		{"http://service:3000/", "sandbox", "", 201},
		{"http://service:3000/", "sandbox", "https", 409},
		{"https://service:3000/", "sandbox", "https", 201},
	} {
		c := newCaller(t, asctest.WithApp(marketplaceApp))
		for path, body := range map[string]string{
			"/v1/webhooks": createWebhookBody(marketplaceApp, test.url, buildUploads),
			collection:     strings.Replace(createBody, "https://example.com/in", test.url, 1),
		} {
			r := c.request("POST", path, body)
			r.Host = cmp.Or(test.called, r.Host)
			r.Header.Set("X-Forwarded-Proto", test.proxied)
			if got := c.send(r); got.StatusCode != test.status {
				t.Errorf("%s %+v: %d %s", path, test, got.StatusCode, got.body)
			}
		}
	}
}

// TestForbiddenNamesTheOperations: all that the resource offers, as seen live;
// of what it offers on another path, what is allowed on this one.
func TestForbiddenNamesTheOperations(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	for call, allowed := range map[[2]string]string{
		{"GET", "/v1/webhooks"}:         "'webhooks' does not allow 'GET_COLLECTION'. Allowed operations are: CREATE, DELETE, GET_INSTANCE, UPDATE",
		{"PATCH", collection}:           "'marketplaceWebhooks' does not allow 'UPDATE'. Allowed operations are: CREATE, GET_COLLECTION",
		{"POST", collection + "/1"}:     "'marketplaceWebhooks' does not allow 'CREATE'. Allowed operations are: DELETE, UPDATE",
		{"POST", "/v1/apps/1/webhooks"}: "'webhooks' does not allow 'CREATE'. Allowed operations are: GET_COLLECTION",
	} {
		got := c.call(call[0], call[1], createBody)
		if want := "The resource " + allowed; len(got.json.Errors) != 1 || got.json.Errors[0].Detail != want {
			t.Errorf("%v: got %s", call, got.body)
		}
	}
	got := c.call("GET", collection+"/1", "")
	want := "The resource 'marketplaceWebhooks' does not allow 'GET_INSTANCE'. Allowed operations are: CREATE, DELETE, GET_COLLECTION, UPDATE"
	if len(got.json.Errors) != 1 || got.json.Errors[0].Detail != want {
		t.Errorf("got %s", got.body)
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header, value string
		status        int
	}{
		{"Content-Type", "application/json; charset=utf-8", 201},
		{"Content-Type", "text/json", 415},
		{"Content-Type", "application/vnd.api+json", 415},
		{"Content-Type", "", 415},
		{"Content-Type", "application/json; charset", 415},
		{"Content-Type", "application/json; charset=utf-8; charset=ascii", 415},
		{"Accept", "application/json", 201},
		{"Accept", "text/html, application/*;q=0.5", 201},
		{"Accept", "text/html", 406},
		{"Accept", "application/json;q=0", 406},
	}
	for _, test := range tests {
		c := newCaller(t)
		r := c.request("POST", collection, createBody)
		r.Header.Set(test.header, test.value)
		got := c.send(r)
		if got.StatusCode != test.status {
			t.Errorf("%s %q: %d, want %d", test.header, test.value, got.StatusCode, test.status)
		}
		if plain := got.Header.Get("Content-Type") == "text/plain"; plain != (test.status == 406) {
			t.Errorf("%s %q: responded as %s", test.header, test.value, got.Header.Get("Content-Type"))
		}
	}
}

func TestBodyIsCapped(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	got := c.call("POST", collection, `{"data":"`+strings.Repeat("x", 1<<20)+`"}`)
	if got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d", got.StatusCode)
	}
}
