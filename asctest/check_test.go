package asctest

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/openapi"
)

// quiet returns a handler that fails t when it breaks the contract.
func quiet(t *testing.T, opts ...Option) *Handler {
	t.Helper()
	h, err := New(append(opts, Settings{Logger: slog.New(slog.DiscardHandler)})...)
	if err != nil {
		t.Fatal(err)
	}
	h.onViolation = func(err error) { t.Error(err) }
	return h
}

func TestARequestWithoutABody(t *testing.T) {
	t.Parallel()
	h := quiet(t)
	for method, want := range map[string]int{http.MethodGet: 200, http.MethodPost: 400} {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+collectionPath, nil)
		if err != nil || r.Body != nil {
			t.Fatalf("body %v, %v", r.Body, err)
		}
		r.Header.Set("Authorization", "Bearer "+tokenOf(t, h.Key()))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: status %d, want %d", method, w.Code, want)
		}
	}
}

// TestSecretsThatAreCommonWords stand in responses anyway.
func TestSecretsThatAreCommonWords(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		"marketplaceWebhooks", "marketplace", "endpointUrl", "application/json", "attributes", "localhost",
		"user-hour-lim", "example.com", "Conflict", "already.",
	} {
		h := quiet(t)
		body := strings.Replace(sentCreate, "canary-5ecret", secret, 1)
		for _, want := range []int{http.StatusCreated, http.StatusConflict} {
			r := httptest.NewRequest(http.MethodPost, collectionPath, strings.NewReader(body))
			r.Host = "localhost"
			r.Header.Set("Authorization", "Bearer "+tokenOf(t, h.Key()))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%q: status %d, want %d: %s", secret, w.Code, want, w.Body)
			}
		}
	}
}

const collectionPath = "/v1/marketplaceWebhooks"

const sentCreate = `{"data":{"type":"marketplaceWebhooks","attributes":{"endpointUrl":"https://example.com/in","secret":"canary-5ecret"}}}`

// tokenOf signs a good token.
func tokenOf(t testing.TB, key Key) string {
	t.Helper()
	now := time.Now().Unix()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": key.IssuerID, "aud": audience, "iat": now, "exp": now + 60})
	token.Header["kid"] = key.ID
	signed, err := token.SignedString(key.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// ask sends one good call to h, in process.
func ask(t *testing.T, h *Handler, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+tokenOf(t, h.Key()))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// smallDocument has marketplaceWebhooks only, so that it is read sooner.
var smallDocument = sync.OnceValues(func() ([]byte, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openapi.AppStoreConnect())
	if err != nil {
		return nil, err
	}
	for path := range doc.Paths.Map() {
		if !strings.HasPrefix(path, collectionPath) {
			doc.Paths.Delete(path)
		}
	}
	needed := regexp.MustCompile("^(MarketplaceWebhook.*|Error.*|.*Links|PagingInformation)$")
	maps.DeleteFunc(doc.Components.Schemas, func(name string, _ *openapi3.SchemaRef) bool { return !needed.MatchString(name) })
	return doc.MarshalJSON()
})

// withDocument returns a handler with a changed document, and its violations.
func withDocument(t *testing.T, change func(*openapi3.T)) (h *Handler, violations *[]string) {
	t.Helper()
	text, err := smallDocument()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	change(doc)
	if h, err = New(Settings{Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if h.contract, err = contract.New(doc); err != nil {
		t.Fatal(err)
	}
	violations = new([]string)
	h.onViolation = func(violation error) { *violations = append(*violations, violation.Error()) }
	return h, violations
}

// attributesOf returns the attributes below a component's properties.
func attributesOf(doc *openapi3.T, component string, below ...string) *openapi3.Schema {
	schema := doc.Components.Schemas[component].Value
	for _, property := range append(below, "attributes") {
		schema = schema.Properties[property].Value
	}
	return schema
}

// TestADocumentThatChangedIsNoticed plays the day on which Apple's document changes under the fake.
func TestADocumentThatChangedIsNoticed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		change     func(*openapi3.T)
	}{
		{"nothing", "", func(*openapi3.T) {}},
		{"property renamed", `bad response: marketplaceWebhooks_createInstance response 201, /data/attributes/endpointUrl: properties: property "endpointUrl"`, func(doc *openapi3.T) {
			properties := attributesOf(doc, "MarketplaceWebhook").Properties
			properties["endpointURL"] = properties["endpointUrl"]
			delete(properties, "endpointUrl")
		}},
		{"success status renamed", "does not list this status", func(doc *openapi3.T) {
			responses := doc.Paths.Value(collectionPath).Post.Responses
			responses.Set("202", responses.Value("201"))
			responses.Delete("201")
		}},
		{"member now required", `bad response: marketplaceWebhooks_createInstance response 201, /included: required`, func(doc *openapi3.T) {
			response := doc.Components.Schemas["MarketplaceWebhookResponse"].Value
			response.Required = append(response.Required, "included")
		}},
	}
	for _, test := range tests {
		h, violations := withDocument(t, test.change)
		got := ask(t, h, "POST", collectionPath, sentCreate)
		if test.want == "" {
			if len(*violations) > 0 || got.Code != http.StatusCreated {
				t.Errorf("%s: %d, %q", test.name, got.Code, *violations)
			}
			continue
		}
		said := strings.Join(*violations, "\n")
		if len(*violations) != 1 || !strings.Contains(said, test.want) || strings.Contains(said+got.Body.String(), "canary") {
			t.Errorf("%s: %q, want %q", test.name, *violations, test.want)
		}
		if got.Code != http.StatusInternalServerError || !strings.Contains(got.Body.String(), "UNEXPECTED_ERROR") {
			t.Errorf("%s: responded %d", test.name, got.Code)
		}
	}
}

// TestARequestIsCheckedByTheDocument: a rule that is new in the document is
// new in the fake.
func TestARequestIsCheckedByTheDocument(t *testing.T) {
	t.Parallel()
	h, violations := withDocument(t, func(doc *openapi3.T) {
		attributes := attributesOf(doc, "MarketplaceWebhookCreateRequest", "data")
		attributes.Required = append(attributes.Required, "name")
		doc.Paths.Value(collectionPath + "/{id}").Delete = nil
	})
	got := ask(t, h, "POST", collectionPath, sentCreate).Body.String()
	if !strings.Contains(got, "ENTITY_ERROR.ATTRIBUTE.REQUIRED") || !strings.Contains(got, "/data/attributes/name") {
		t.Errorf("got %s", got)
	}
	if got := ask(t, h, "DELETE", collectionPath+"/7", ""); got.Code != http.StatusForbidden {
		t.Errorf("a DELETE that the document has not: %d", got.Code)
	}
	if len(*violations) > 0 {
		t.Errorf("violations: %q", *violations)
	}
}

// TestOnViolationMayCallTheHandler: no lock is held meanwhile.
func TestOnViolationMayCallTheHandler(t *testing.T) {
	t.Parallel()
	h, _ := withDocument(t, func(doc *openapi3.T) {
		response := doc.Components.Schemas["MarketplaceWebhookResponse"].Value
		response.Required = append(response.Required, "included")
	})
	heard := 0
	h.onViolation = func(error) {
		heard++
		if !h.mu.TryLock() {
			t.Error("the handler is locked")
			return
		}
		h.mu.Unlock()
	}
	if ask(t, h, "POST", collectionPath, sentCreate); heard != 1 {
		t.Errorf("heard of %d violations", heard)
	}
	if _, registered := h.MarketplaceWebhook(); registered {
		t.Error("the call took effect")
	}
}

// TestNoOtherOperationIsPerformed: what the document lacks, the fake doesn't offer.
func TestNoOtherOperationIsPerformed(t *testing.T) {
	t.Parallel()
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for operation := range operations {
		if operation != Download && !slices.Contains(document.Operations(), string(operation)) {
			t.Errorf("performs %s, which the document lacks", operation)
		}
	}
}
