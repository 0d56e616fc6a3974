package asctest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/ascmarketplace/webhooks/openapi"
)

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

// withDocument returns a handler that is held against a changed document, and
// where its lies go.
func withDocument(t *testing.T, change func(*openapi3.T)) (h *Handler, lies *[]string) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.AppStoreConnect())
	if err != nil {
		t.Fatal(err)
	}
	change(doc)
	changed, err := doc.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if h, err = New(WithLogger(slog.New(slog.DiscardHandler))); err != nil {
		t.Fatal(err)
	}
	if h.contract, err = newContract(changed); err != nil {
		t.Fatal(err)
	}
	lies = new([]string)
	h.onLie = func(lie error) { *lies = append(*lies, lie.Error()) }
	return h, lies
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
		{"property renamed", `gave a bad answer: marketplaceWebhooks_createInstance answer 201, /data/attributes: properties: property "endpointUrl"`, func(doc *openapi3.T) {
			properties := attributesOf(doc, "MarketplaceWebhook").Properties
			properties["endpointURL"] = properties["endpointUrl"]
			delete(properties, "endpointUrl")
		}},
		{"success status renamed", "does not list this status", func(doc *openapi3.T) {
			responses := doc.Paths.Value(collectionPath).Post.Responses
			responses.Set("202", responses.Value("201"))
			responses.Delete("201")
		}},
		{"member now required", `gave a bad answer: marketplaceWebhooks_createInstance answer 201, /included: required`, func(doc *openapi3.T) {
			response := doc.Components.Schemas["MarketplaceWebhookResponse"].Value
			response.Required = append(response.Required, "included")
		}},
		{"attribute now required", "accepted a bad request", func(doc *openapi3.T) {
			attributes := attributesOf(doc, "MarketplaceWebhookCreateRequest", "data")
			attributes.Required = append(attributes.Required, "name")
		}},
		{"operation gone", "no such operation", func(doc *openapi3.T) { doc.Paths.Value(collectionPath).Post = nil }},
	}
	for _, test := range tests {
		h, lies := withDocument(t, test.change)
		got := ask(t, h, "POST", collectionPath, sentCreate)
		if test.want == "" {
			if len(*lies) > 0 || got.Code != http.StatusCreated {
				t.Errorf("%s: %d, %q", test.name, got.Code, *lies)
			}
			continue
		}
		said := strings.Join(*lies, "\n")
		if len(*lies) != 1 || !strings.Contains(said, test.want) || strings.Contains(said+got.Body.String(), "canary") {
			t.Errorf("%s: %q, want %q", test.name, *lies, test.want)
		}
		if got.Code != http.StatusInternalServerError || !strings.Contains(got.Body.String(), "UNEXPECTED_ERROR") {
			t.Errorf("%s: answered %d", test.name, got.Code)
		}
	}
}

func TestAGoodRequestRefusedIsNoticed(t *testing.T) {
	t.Parallel()
	h, lies := withDocument(t, func(doc *openapi3.T) {
		attributesOf(doc, "MarketplaceWebhookCreateRequest", "data").Properties["endpointUrl"].Value.Format = ""
	})
	ask(t, h, "POST", collectionPath, strings.Replace(sentCreate, "https://example.com/in", "relative", 1))
	if len(*lies) != 1 || !strings.Contains((*lies)[0], "refused a good request with ENTITY_ERROR.ATTRIBUTE.INVALID") {
		t.Errorf("got %q", *lies)
	}
}
