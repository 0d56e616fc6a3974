package asctest

// These are in the package, since the fake gives no bad answers to look at from outside.

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ascmarketplace/webhooks/openapi"
)

const sentCreate = `{"data":{"type":"marketplaceWebhooks","attributes":{"endpointUrl":"https://example.com/in","secret":"canary-5ecret"}}}`

// given is an exchange with a good request.
func given(t *testing.T, operation Operation, status int, answer string) *exchange {
	t.Helper()
	x := &exchange{
		method: "GET", url: &url.URL{Path: collectionPath}, secrets: []string{"canary-5ecret"},
		header:       http.Header{"Authorization": {"Bearer x"}, "Content-Type": {"application/json"}},
		answerHeader: http.Header{"Content-Type": {"application/json"}},
		status:       status, answer: []byte(answer),
	}
	switch operation {
	case Create:
		x.method, x.body = "POST", []byte(sentCreate)
	case Delete:
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
		{Create, 201, one, ""},
		{Create, 201, array, ""},
		{List, 200, array, ""},
		{Delete, 204, "", ""},
		{Delete, 404, fail, ""},
		{List, 404, fail, ""},
		{List, 503, fail, ""},
		{Create, 415, fail, ""},
		{Create, 409, `{"errors":[{"status":"409","code":"C","title":"t","meta":{"associatedErrors":{"/v1/x":[]},"new":1}}]}`, ""},
		{Create, 201, strings.Replace(one, "endpointUrl", "endpointURL", 1), `answer 201, /data/attributes: properties: property "endpointURL" is unsupported`},
		{Create, 201, strings.Replace(one, "https://e.com", "/relative", 1), "/data/attributes/endpointUrl: format"},
		{Create, 201, strings.Replace(array, `"id":"1"`, `"ID":"1"`, 1), "/data/0"},
		{Create, 201, strings.Replace(one, `"self":"/x"`, `"self":":"`, 1), "/links/self: format"},
		{Create, 201, strings.Replace(one, "https://e", "https://canary-5ecret", 1), ""},
		{Create, 201, strings.Replace(one, `/x`, `/canary-5ecret`, 1), "/links/self: never holds the secret"},
		{Create, 201, strings.Replace(one, `"endpointUrl"`, `"secret":"canary-5ecret","endpointUrl"`, 1), "never holds the secret"},
		{Create, 201, one + "{}", "one JSON value"},
		{Create, 201, "null", ": nullable"},
		{Create, 201, "", "not readable"},
		{Create, 200, one, "does not list this status"},
		{Create, 307, one, "does not list this status"},
		{Create, 404, one, `property "data" is unsupported`},
		{Create, 406, fail, "a 406 is plain text"},
		{Create, 500, `{"errors":[{"code":7}]}`, "/errors/0/code: type"},
		{Delete, 204, "{}", "a 204 has no body"},
		{Delete, 409, fail, "does not list this status"},
		{List, 200, `{"data":[],"links":{"self":"/x"},"errors":[]}`, `property "errors" is unsupported`},
	}
	c, err := document()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		err := errors.Join(c.checkAnswer(given(t, test.operation, test.status, test.answer))...)
		if (err == nil) != (test.broken == "") || err != nil && !strings.Contains(err.Error(), test.broken) {
			t.Errorf("%s %d %s\n got: %v\nwant: %s", test.operation, test.status, test.answer, err, test.broken)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), string(test.operation)+" answer") || strings.Contains(err.Error(), "5ecret")) {
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
	x := given(t, Delete, 204, "")
	x.answerHeader.Set("X-Echo", "canary-5ecret")
	if err := errors.Join(c.checkAnswer(x)...); err == nil || !strings.Contains(err.Error(), "X-Echo") {
		t.Errorf("got %v", err)
	}
}

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

// TestADocumentThatChangedIsNoticed plays the day on which Apple's document changes under the fake.
func TestADocumentThatChangedIsNoticed(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, from, to, want string }{
		{"property renamed", "endpointUrl:", "endpointURL:", "refused a good request|accepted a bad request|gave a bad answer"},
		{"success status renamed", "'201':", "'202':", "does not list this status"},
		{"success shape", "- data\n      - links", "- data\n      - links\n      - included", "gave a bad answer"},
		{"operation gone", "    post:", "    put:", "no such operation"},
		{"attribute now required", "              - secret\n", "              - secret\n              - name\n", "accepted a bad request"},
	}
	for _, test := range tests {
		yaml := string(openapi.MarketplaceWebhooks())
		changed := strings.ReplaceAll(yaml, test.from, test.to)
		if changed == yaml {
			t.Fatalf("%s: nothing changed", test.name)
		}
		if test.name == "property renamed" { // its mentions in required and enum too
			changed = strings.ReplaceAll(changed, "- endpointUrl", "- endpointURL")
		}
		h, err := New(WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		if h.contract, err = newContract([]byte(changed)); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		var lies []string
		h.onLie = func(lie error) { lies = append(lies, lie.Error()) }
		got := ask(t, h, "POST", collectionPath, sentCreate)
		if len(lies) != 1 || got.Code != 500 || !strings.Contains(got.Body.String(), "UNEXPECTED_ERROR") {
			t.Errorf("%s: %d lies, answer %d", test.name, len(lies), got.Code)
			continue
		}
		found := false
		for want := range strings.SplitSeq(test.want, "|") {
			found = found || strings.Contains(lies[0], want)
		}
		if !found || strings.Contains(lies[0]+got.Body.String(), "canary") {
			t.Errorf("%s: %s", test.name, lies[0])
		}
	}
}

func TestAGoodRequestRefusedIsNoticed(t *testing.T) {
	t.Parallel()
	h, err := New(WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(openapi.MarketplaceWebhooks()), "format: uri\n", "format: password\n")
	if h.contract, err = newContract([]byte(changed)); err != nil {
		t.Fatal(err)
	}
	var lie error
	h.onLie = func(err error) { lie = err }
	ask(t, h, "POST", collectionPath, strings.Replace(sentCreate, "https://example.com/in", "relative", 1))
	if lie == nil || !strings.Contains(lie.Error(), "refused a good request with ENTITY_ERROR.ATTRIBUTE.INVALID") {
		t.Errorf("got %v", lie)
	}
}

func TestDocumentsThatCantBeUsed(t *testing.T) {
	t.Parallel()
	for _, yaml := range []string{"openapi: [", "openapi: 3.0.1", strings.ReplaceAll(string(openapi.MarketplaceWebhooks()), "ErrorResponse", "Errors")} {
		if _, err := newContract([]byte(yaml)); err == nil || !strings.HasPrefix(err.Error(), "asctest: ") {
			t.Errorf("got %v", err)
		}
	}
}

// TestCodeAndDocumentNameTheSameOperations needs no list of its own: what the
// document has is called, and the handler must take it for the same.
func TestCodeAndDocumentNameTheSameOperations(t *testing.T) {
	t.Parallel()
	c, err := document()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for template, item := range c.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			count++
			if got, _ := route(method, strings.ReplaceAll(template, "{id}", "7")); string(got) != operation.OperationID {
				t.Errorf("%s %s is %q, document %q", method, template, got, operation.OperationID)
			}
		}
	}
	if count != 4 {
		t.Errorf("the document has %d operations", count)
	}
}
