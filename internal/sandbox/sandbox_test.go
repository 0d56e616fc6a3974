package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/golang-jwt/jwt/v5"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sandbox"
	"github.com/ascmarketplace/webhooks/openapi"
)

// tester has a sandbox with both of its listeners.
type tester struct {
	*testing.T
	box          *sandbox.Sandbox
	control, asc *httptest.Server
	stop         context.CancelFunc // ends the context of control
}

func start(t *testing.T, opts ...asctest.Option) *tester {
	t.Helper()
	box, err := sandbox.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	control := httptest.NewUnstartedServer(box)
	control.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	control.Start()
	s := &tester{t, box, control, httptest.NewServer(box.AppStoreConnect), stop}
	t.Cleanup(func() {
		stop()
		_ = box.Fake.Close()
		s.control.Close()
		s.asc.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

type object = map[string]any

// response is what the control API responded.
type response struct {
	status int
	header http.Header
	body   string
}

// ask calls the control API and holds request and response against its OpenAPI document.
func (s *tester) ask(method, path, body string) response {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.control.URL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	got := s.do(r)
	s.check(method, path, got)
	return got
}

func (s *tester) do(r *http.Request) response {
	s.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return response{res.StatusCode, res.Header, string(body)}
}

// want asks and decodes a response with the status.
func (s *tester) want(status int, method, path, body string) object {
	s.Helper()
	got := s.ask(method, path, body)
	if got.status != status {
		s.Fatalf("%s %s: %d %s, want %d", method, path, got.status, got.body, status)
	}
	var value object
	if got.body != "" {
		if err := json.Unmarshal([]byte(got.body), &value); err != nil {
			s.Fatal(err)
		}
	}
	return value
}

// check validates a response; what a document calls an object is closed.
func (s *tester) check(method, path string, got response) {
	s.Helper()
	route, params := s.route(method, path)
	if route == nil {
		return
	}
	covered(route.Operation.OperationID)
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: httptest.NewRequest(method, path, nil), PathParams: params, Route: route,
		},
		Status: got.status, Header: got.header, Body: io.NopCloser(strings.NewReader(got.body)),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			ExcludeResponseBody: got.header.Get("Content-Type") == "application/yaml",
		},
	}
	if err := openapi3filter.ValidateResponse(s.Context(), input); err != nil {
		s.Errorf("%s %s: %d breaks the OpenAPI document: %v", method, path, got.status, err)
	}
}

func (s *tester) route(method, path string) (*routers.Route, map[string]string) {
	s.Helper()
	found, err := router()
	if err != nil {
		s.Fatal(err)
	}
	route, params, err := found.FindRoute(httptest.NewRequest(method, path, nil))
	if err != nil {
		return nil, nil
	}
	return route, params
}

// document is the OpenAPI document, closed: responses have no other properties.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Sandbox())
	if err != nil {
		return nil, err
	}
	doc.Servers = nil
	for _, schema := range doc.Components.Schemas {
		if len(schema.Value.Properties) > 0 {
			schema.Value.AdditionalProperties.Has = new(bool)
		}
	}
	return doc, nil
})

// router finds the document's operations.
var router = sync.OnceValues(func() (routers.Router, error) {
	doc, err := document()
	if err != nil {
		return nil, err
	}
	return legacy.NewRouter(doc) // validates it
})

// call calls App Store Connect as a service does.
func (s *tester) call(method, path, body string) response {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.asc.URL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token())
	r.Header.Set("Content-Type", "application/json")
	return s.do(r)
}

func (s *tester) token() string {
	key, now := s.box.Fake.Key(), time.Now().Unix()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": key.IssuerID, "aud": "appstoreconnect-v1", "iat": now, "exp": now + 60,
	})
	token.Header["kid"] = key.ID
	signed, err := token.SignedString(key.Signer)
	if err != nil {
		s.Fatal(err)
	}
	return signed
}

// register creates the marketplace webhook, as a service does.
func (s *tester) register(endpoint, secret string) response {
	return s.call("POST", "/v1/marketplaceWebhooks", fmt.Sprintf(
		`{"data":{"type":"marketplaceWebhooks","attributes":{"endpointUrl":%q,"secret":%q}}}`, endpoint, secret))
}

// list returns the objects of a list.
func list(value object, name string) (items []object) {
	for _, item := range value[name].([]any) {
		items = append(items, item.(object))
	}
	return items
}

func encoded(value any) string {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(value)
	return b.String()
}
