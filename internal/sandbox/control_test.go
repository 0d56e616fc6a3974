package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// receiver takes notifications whose signature is that of its secret.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	secret string
	bodies []string
	most   int // of calls at the same time
	now    int
}

func newReceiver(t *testing.T, secret string) *receiver {
	r := &receiver{secret: secret}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.now++
	r.most = max(r.most, r.now)
	r.mu.Unlock()
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now--
	r.bodies = append(r.bodies, string(body))
	if req.Header.Get(notification.SignatureHeader) != notification.Sign([]byte(r.secret), body) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "not with my secret")
		return
	}
	_, _ = io.WriteString(w, "taken")
}

func (r *receiver) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bodies)
}

const secret = "s3cret of the first webhook"

// registered is the state of both kinds of webhooks at one receiver.
func registered(url string) string {
	var eventTypes []string
	for _, name := range wrapper.AllEvents() {
		eventTypes = append(eventTypes, fmt.Sprintf("%q", name))
	}
	return fmt.Sprintf(`{"apps":["1234"],"marketplace_webhook":{"id":"m","endpoint_url":%q,"secret":%q},
		"webhooks":[{"id":"w","app_id":"1234","name":"CI","url":%[1]q,"secret":%[2]q,"event_types":[%[3]s]}]}`,
		url, secret, strings.Join(eventTypes, ","))
}

func TestExchangesShowCallsAndWhatWasResponded(t *testing.T) {
	s := start(t)
	s.register("https://shop.example/in", secret)
	s.call("POST", "/v1/marketplaceWebhooks", `{"data":{"type":"marketplaceWebhooks","attributes":{"secret":"abcd"}}}`)
	got := list(s.want(200, "GET", "/exchanges", ""), "exchanges")
	if len(got) != 2 || got[0]["status"] != 201.0 || got[0]["operation"] != "marketplaceWebhooks_createInstance" {
		t.Fatalf("got %v", got)
	}
	if body := got[0]["response"].(object)["body"].(string); !strings.Contains(body, "https://shop.example/in") {
		t.Errorf("response %s", body)
	}
	if rules := fmt.Sprint(got[1]["violations"]); !strings.Contains(rules, "/data/attributes/endpointUrl") {
		t.Errorf("violations %s", rules)
	}
	one := s.want(200, "GET", fmt.Sprintf("/exchanges/%v", got[1]["id"]), "")
	if one["status"] != 409.0 || one["reason"] == "" {
		t.Errorf("got %v", one)
	}
	if latest := list(s.want(200, "GET", "/exchanges?limit=1", ""), "exchanges"); latest[0]["id"] != got[1]["id"] {
		t.Errorf("the latest is %v", latest)
	}
	before := list(s.want(200, "GET", fmt.Sprintf("/exchanges?before=%v", got[1]["id"]), ""), "exchanges")
	if len(before) != 1 || before[0]["id"] != got[0]["id"] {
		t.Errorf("before the last: %v", before)
	}
}

func TestEveryEventTypeIsSentAndTaken(t *testing.T) {
	s, r := start(t), newReceiver(t, secret)
	s.want(200, "PUT", "/state", registered(r.URL))
	types := list(s.want(200, "GET", "/event-types", ""), "event_types")
	if want := len(notification.Examples()); len(types) != want {
		t.Errorf("%d types, want %d", len(types), want)
	}
	for _, typ := range types {
		sent := list(s.want(201, "POST", "/notifications", encoded(object{"type": typ["type"]})), "notifications")
		if len(sent) != 1 || sent[0]["status"] != 200.0 || sent[0]["response_body"] != "taken" ||
			sent[0]["type"] != typ["type"] {
			t.Errorf("%s: %v", typ["type"], sent)
		}
		bodies := r.received()
		n, err := notification.Decode([]byte(bodies[len(bodies)-1]))
		if err != nil || n.Event == nil || n.Type != typ["type"] {
			t.Errorf("%s: received %s, %v", typ["type"], bodies[len(bodies)-1], err)
		}
	}
	if all := s.want(200, "GET", "/notifications", ""); all["total"] != float64(len(types)) {
		t.Errorf("listed %v", all["total"])
	}
}

func TestFieldsAreSet(t *testing.T) {
	s, r := start(t), newReceiver(t, secret)
	s.want(200, "PUT", "/state", registered(r.URL))
	s.want(201, "POST", "/notifications", `{"type":"AppVersionsUnavailable","id":"twice","fields":{
		"app_id":"7","package_ids":["a","b"],"event_timestamp":"2026-01-31T12:00:00Z"}}`)
	s.want(201, "POST", "/notifications", `{"type":"alternativeDistributionPackageAvailableUpdated","fields":{"available":false}}`)
	bodies := r.received()
	n, _ := notification.Decode([]byte(bodies[0]))
	event, ok := n.Event.(*notification.AppVersionsUnavailable)
	if !ok || n.ID != "twice" || event.AppID != "7" || len(event.PackageIDs) != 2 || event.EventTimestamp.Hour() != 12 {
		t.Errorf("received %s", bodies[0])
	}
	n, _ = notification.Decode([]byte(bodies[1]))
	if e, ok := n.Event.(*notification.AlternativeDistributionPackageAvailableUpdated); !ok || e.Available ||
		e.MarketplaceAppID != "1234" {
		t.Errorf("received %s", bodies[1])
	}
}

func TestForgedOldAndResent(t *testing.T) {
	s, r := start(t), newReceiver(t, secret)
	s.want(200, "PUT", "/state", registered(r.URL))
	for _, typ := range []string{"AppUnavailable", "buildUploadStateUpdated"} {
		send := func(how string) object {
			return s.want(201, "POST", "/notifications", encoded(object{"type": typ, "signature": how}))
		}
		if got := list(send("forged"), "notifications")[0]; got["status"] != 401.0 || got["state"] != "FAILED" {
			t.Errorf("forged: %v", got)
		}
		s.want(409, "POST", "/notifications", encoded(object{"type": typ, "signature": "old_secret"}))
	}
	rotated := strings.ReplaceAll(registered(r.URL), secret, "another secret")
	s.want(200, "PUT", "/state", rotated)
	for _, typ := range []string{"AppUnavailable", "buildUploadStateUpdated"} {
		got := list(s.want(201, "POST", "/notifications", encoded(object{"type": typ, "signature": "old_secret"})), "notifications")[0]
		if got["status"] != 200.0 { // the receiver has it still
			t.Errorf("old secret: %v", got)
		}
		again := s.want(201, "POST", "/notifications/"+got["id"].(string)+"/resend", "")
		if again["status"] != 200.0 || again["redelivery"] != true || again["notification_id"] != got["notification_id"] {
			t.Errorf("resent: %v", again)
		}
		if bodies := r.received(); bodies[len(bodies)-1] != bodies[len(bodies)-2] {
			t.Errorf("resent %s", bodies[len(bodies)-1])
		}
	}
}

func TestCopiesAreDuplicates(t *testing.T) {
	s, r := start(t), newReceiver(t, secret)
	s.want(200, "PUT", "/state", registered(r.URL))
	for _, typ := range []string{"AppUnavailable", "buildUploadStateUpdated"} {
		before := len(r.received())
		s.want(201, "POST", "/notifications", encoded(object{"type": typ, "copies": 5, "concurrent": true}))
		bodies := r.received()[before:]
		if len(bodies) != 5 || len(slices.Compact(bodies)) != 1 {
			t.Errorf("%s: received %d", typ, len(bodies))
		}
	}
}

func TestFaultsReachTheService(t *testing.T) {
	s := start(t)
	s.want(201, "POST", "/faults", `{"operation":"marketplaceWebhooks_createInstance","status":503,"headers":{"Retry-After":["1"]}}`)
	s.want(201, "POST", "/faults", `{"kind":"HTML page","times":-1}`)
	armed := list(s.want(200, "GET", "/faults", ""), "faults")
	if len(armed) != 2 || armed[0]["kind"] != "error" || armed[0]["times"] != 1.0 || armed[1]["kind"] != "HTML page" {
		t.Errorf("armed %v", armed)
	}
	if got := s.register("https://shop.example/in", secret); got.status != 503 || got.header.Get("Retry-After") != "1" {
		t.Errorf("got %d %v", got.status, got.header)
	}
	s.want(204, "DELETE", "/faults", "")
	if got := s.register("https://shop.example/in", secret); got.status != 201 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := s.want(201, "POST", "/faults", ""); got["kind"] != "error" {
		t.Errorf("without a body: %v", got)
	}
	if got := s.call("GET", "/v1/marketplaceWebhooks", ""); got.status != 500 {
		t.Errorf("got %d", got.status)
	}
}

func TestStateThatWasReadCanBePut(t *testing.T) {
	s, r := start(t), newReceiver(t, secret)
	s.want(200, "PUT", "/state", registered(r.URL))
	s.want(200, "PUT", "/state", s.ask("GET", "/state", "").body)
	for _, typ := range []string{"AppUnavailable", "buildUploadStateUpdated"} { // the secret has stayed
		got := list(s.want(201, "POST", "/notifications", encoded(object{"type": typ})), "notifications")
		if got[0]["status"] != 200.0 {
			t.Errorf("%s: %v", typ, got)
		}
	}
	if got := s.want(200, "PUT", "/state", `{}`); got["marketplace_webhook"] != nil || len(got["webhooks"].([]any)) > 0 {
		t.Errorf("got %v", got)
	}
}

// TestStateHasResources: they can be read through the API, and are checked by the document.
func TestStateHasResources(t *testing.T) {
	s := start(t)
	build := object{
		"type": "builds", "id": "b1", "attributes": object{"version": "42"}, "relationships": object{"app": []string{"1"}},
	}
	app := object{"type": "apps", "id": "1", "attributes": object{"name": "Ours"}, "relationships": nil}
	resources := []object{build, app}
	s.want(200, "PUT", "/state", encoded(object{"resources": resources}))
	s.want(200, "PUT", "/state", s.ask("GET", "/state", "").body)
	if got := encoded(s.want(200, "GET", "/state", "")["resources"]); got != encoded(resources) {
		t.Errorf("got %s, want %s", got, encoded(resources))
	}
	if got := s.call("GET", "/v1/builds/b1", ""); got.status != 200 || !strings.Contains(got.body, `"version":"42"`) {
		t.Errorf("got %d %s", got.status, got.body)
	}
	for body, want := range map[string]string{
		`{"resources":[{"type":"bulids","id":"1"}]}`:                                  "resources[0].type: must be one of",
		`{"resources":[{"type":"apps","id":"1","attributes":{"name":"(withheld)"}}]}`: "resources[0].attributes: must not have (withheld)",
		`{"resources":[{"type":"builds","id":"1","relationships":{"icons":["1"]}}]}`:  "resources[0].relationships.icons: is not in the document",
	} {
		if got := s.ask("PUT", "/state", body); got.status != 400 || !strings.Contains(got.body, want) {
			t.Errorf("%s: got %d %s", body, got.status, got.body)
		}
	}
	s.want(200, "PUT", "/state", `{"resources":[]}`)
	if got := s.call("GET", "/v1/builds/b1", ""); got.status != 404 {
		t.Errorf("got %d after all were removed", got.status)
	}
}

func TestResetForgetsEverything(t *testing.T) {
	s, r := start(t, asctest.WithApp("1")), newReceiver(t, secret)
	empty := s.ask("GET", "/state", "").body
	s.want(200, "PUT", "/state", registered(r.URL))
	s.call("GET", "/v1/marketplaceWebhooks", "")
	s.want(201, "POST", "/notifications", `{"type":"AppUnavailable"}`)
	s.want(201, "POST", "/notifications", `{"type":"webhookPingCreated"}`)
	s.want(201, "POST", "/faults", `{"times":-1}`)
	s.want(204, "POST", "/reset", "")
	if got := s.ask("GET", "/state", "").body; got != empty {
		t.Errorf("state %s, want %s", got, empty)
	}
	for path, name := range map[string]string{"/exchanges": "exchanges", "/notifications": "notifications", "/faults": "faults"} {
		if got := list(s.want(200, "GET", path, ""), name); len(got) > 0 {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// TestSubscriptionsAreTheDocuments: what a webhook may subscribe to here is what it may there.
func TestSubscriptionsAreTheDocuments(t *testing.T) {
	s := start(t)
	document, err := os.ReadFile("../../openapi/app-store-connect.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, enum, _ := strings.Cut(string(document), "\n    WebhookEventType:\n")
	_, enum, _ = strings.Cut(enum, "enum:\n")
	var want, got []string
	for line := range strings.Lines(enum) {
		name, ok := strings.CutPrefix(line, "        - ")
		if !ok {
			break
		}
		want = append(want, strings.TrimSpace(name))
	}
	for _, typ := range list(s.want(200, "GET", "/event-types", ""), "event_types") {
		if name := typ["subscription"].(string); name != "" {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
