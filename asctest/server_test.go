package asctest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ascmarketplace/webhooks/asctest"
)

const (
	collection = "/v1/marketplaceWebhooks"
	createBody = `{"data":{"type":"marketplaceWebhooks","attributes":{"endpointUrl":"https://example.com/in","secret":"canary-5ecret"}}}`
)

// claims are those of a good token of key.
func claims(key asctest.Key) jwt.MapClaims {
	now := time.Now().Unix()
	c := jwt.MapClaims{"aud": "appstoreconnect-v1", "iat": now, "exp": now + 600}
	if key.IssuerID != "" {
		c["iss"] = key.IssuerID
	} else {
		c["sub"] = "user"
	}
	return c
}

func sign(t testing.TB, key asctest.Key, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, c)
	token.Header["kid"] = key.ID
	signed, err := token.SignedString(key.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// caller sends requests with good tokens to one server.
type caller struct {
	t      testing.TB
	server *asctest.Server
	client *http.Client
}

func newCaller(t testing.TB, opts ...asctest.Option) *caller {
	t.Helper()
	return newCallerOf(t, asctest.NewServer(t, opts...))
}

func newCallerOf(t testing.TB, server *asctest.Server) *caller {
	return &caller{t, server, server.Client()}
}

func (c *caller) request(method, path, body string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+sign(c.t, c.server.Key(), claims(c.server.Key())))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

type reply struct {
	*http.Response
	body string
	json struct {
		Data   json.RawMessage
		Errors []struct {
			Status, Code, Detail string
			Source               struct{ Pointer, Parameter string }
		}
	}
}

func (c *caller) send(r *http.Request) reply {
	c.t.Helper()
	response, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	got := reply{Response: response, body: string(body)}
	_ = json.Unmarshal(body, &got.json)
	return got
}

func (c *caller) call(method, path, body string) reply {
	c.t.Helper()
	return c.send(c.request(method, path, body))
}

// create registers a webhook and returns its id.
func (c *caller) create() string {
	c.t.Helper()
	if got := c.call("POST", collection, createBody); got.StatusCode != http.StatusCreated {
		c.t.Fatalf("create: %d %s", got.StatusCode, got.body)
	}
	w, _ := c.server.MarketplaceWebhook()
	return w.ID
}

func TestAWebhookIsRegisteredReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	id := c.create()
	self := c.server.URL + collection + "/" + id

	got := c.call("GET", collection+"?limit=7&fields[marketplaceWebhooks]=endpointUrl", "")
	want := `{"data":[{"type":"marketplaceWebhooks","id":"` + id + `","attributes":{"endpointUrl":"https://example.com/in"},"links":{"self":"` + self +
		`"}}],"links":{"self":"` + c.server.URL + collection + `?limit=7\u0026fields[marketplaceWebhooks]=endpointUrl"},"meta":{"paging":{"total":1,"limit":7}}}`
	if got.StatusCode != http.StatusOK || got.body != want {
		t.Errorf("list: %d\n%s\nwant\n%s", got.StatusCode, got.body, want)
	}

	update := `{"data":{"type":"marketplaceWebhooks","id":"` + id + `","attributes":{"endpointUrl":"https://example.com/new","secret":null}}}`
	got = c.call("PATCH", collection+"/"+id, update)
	want = `{"data":{"type":"marketplaceWebhooks","id":"` + id + `","attributes":{"endpointUrl":"https://example.com/new"},"links":{"self":"` + self + `"}},"links":{"self":"` + self + `"}}`
	if got.StatusCode != http.StatusOK || got.body != want {
		t.Errorf("update: %d\n%s\nwant\n%s", got.StatusCode, got.body, want)
	}
	if w, ok := c.server.MarketplaceWebhook(); !ok || w.EndpointURL != "https://example.com/new" ||
		w.Secret != "canary-5ecret" {
		t.Errorf("after the update: %+v %v", w, ok)
	}

	if got = c.call("DELETE", collection+"/"+id, ""); got.StatusCode != http.StatusNoContent || got.body != "" {
		t.Errorf("delete: %d %s", got.StatusCode, got.body)
	}
	if got = c.call("DELETE", collection+"/"+id, ""); got.StatusCode != http.StatusNotFound {
		t.Errorf("second delete: %d", got.StatusCode)
	}
	if got = c.call("GET", collection, ""); !strings.HasPrefix(got.body, `{"data":[],`) ||
		!strings.Contains(got.body, `"total":0,"limit":50`) {
		t.Errorf("list of nothing: %s", got.body)
	}
}
