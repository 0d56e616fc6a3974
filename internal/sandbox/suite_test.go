package sandbox_test

// What test suites in other languages use: filters, waiting, odd events, settings, single faults.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sandbox"
)

func TestExchangesAreFiltered(t *testing.T) {
	s := start(t, asctest.WithApp("1"))
	s.call("GET", "/v1/marketplaceWebhooks", "")   // 1: 200
	s.register("https://shop.example/in", secret)  // 2: 201
	s.register("https://shop.example/in", secret)  // 3: 409
	s.call("GET", "/v1/apps/1/webhooks", "")       // 4: 200
	s.call("GET", "/v1/apps/2/webhooks", "")       // 5: 404
	s.call("GET", "/v1/marketplaceWebhooks/x", "") // 6: 403
	for query, want := range map[string]string{
		"": "1 2 3 4 5 6",
		"operation=marketplaceWebhooks_createInstance":            "2 3",
		"operation=marketplaceWebhooks_createInstance&status=409": "3",
		"status=4xx":                "3 5 6",
		"status=0":                  "",
		"path=/v1/apps/":            "4 5",
		"path=/v1/apps/&status=2xx": "4",
		"since=4":                   "5 6",
		"since=2&status=4xx":        "3 5 6",
		"before=3":                  "1 2",
		"before=5&limit=2":          "3 4",
		"limit=2&status=2xx":        "2 4",
	} {
		var got []string
		for _, x := range list(s.want(200, "GET", "/exchanges?"+query, ""), "exchanges") {
			got = append(got, fmt.Sprint(x["id"]))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
}

func TestNotificationsAreFiltered(t *testing.T) {
	s, r := start(t), newReceiver(t, secret)
	s.want(200, "PUT", "/state", registered(r.URL+"/in"))
	s.want(201, "POST", "/notifications", `{"type":"AppUnavailable"}`)
	s.want(201, "POST", "/notifications", `{"type":"webhookPingCreated","signature":"forged"}`)
	s.want(201, "POST", "/notifications", `{"raw":"{","webhook_id":"w"}`)
	for query, want := range map[string]string{
		"": "1 2 3", "type=AppUnavailable": "1", "webhook_id=W": "2 3", "status=401": "2", "status=2xx": "1 3",
		"path=/in": "1 2 3", "path=/out": "", "since=1": "2 3", "before=2": "1",
	} {
		var got []string
		for _, n := range list(s.want(200, "GET", "/notifications?"+query, ""), "notifications") {
			got = append(got, fmt.Sprint(n["number"]))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
}

// TestPagesByNumberLoseNothing: while others come in, all are read, each once.
func TestPagesByNumberLoseNothing(t *testing.T) {
	s := start(t)
	const all = 80
	one := func() {
		s.box.Fake.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/marketplaceWebhooks", nil))
	}
	for range all {
		one()
	}
	seen, query := map[any]bool{}, ""
	for range 20 {
		page := list(s.want(200, "GET", "/exchanges?limit=6"+query, ""), "exchanges")
		if len(page) == 0 {
			break
		}
		for _, x := range page {
			seen[x["id"]] = true
		}
		query = fmt.Sprintf("&before=%v", page[0]["id"])
		one()
	}
	if len(seen) != all {
		t.Errorf("%d of %d were read", len(seen), all)
	}
}

func TestWaitsUntilItHasCome(t *testing.T) {
	s, r := start(t), newReceiver(t, secret)
	time.AfterFunc(20*time.Millisecond, func() { s.register(r.URL, secret) })
	got := list(s.want(200, "GET", "/wait?operation=marketplaceWebhooks_createInstance&timeout=20", ""), "exchanges")
	if len(got) != 1 || got[0]["status"] != 201.0 {
		t.Errorf("got %v", got)
	}
	if late := s.ask("GET", "/wait?status=201&count=2&timeout=0.01", ""); late.status != 504 ||
		!strings.Contains(late.body, "1 of 2") {
		t.Errorf("got %d %s", late.status, late.body)
	}
	s.want(504, "GET", "/wait?since=1&timeout=0", "")
	s.want(201, "POST", "/notifications", `{"type":"AppUnavailable"}`)
	got = list(s.want(200, "GET", "/wait?for=notifications&type=AppUnavailable&status=200", ""), "notifications")
	if len(got) != 1 || got[0]["state"] != "SUCCEEDED" {
		t.Errorf("got %v", got)
	}
}

func TestUnknownAndMalformedEventsAreSigned(t *testing.T) {
	s, r := start(t), newReceiver(t, secret)
	s.want(200, "PUT", "/state", registered(r.URL))
	for _, raw := range []string{`{"data":{"type":"somethingNew","id":"1"}}`, `{"data":`, "", "\x00 é"} {
		for _, to := range []string{"w", "m", "1234"} {
			field := "webhook_id"
			if to == "1234" {
				field = "app_id"
			}
			got := list(s.want(201, "POST", "/notifications", encoded(object{"raw": raw, field: to})), "notifications")
			if bodies := r.received(); got[0]["status"] != 200.0 || bodies[len(bodies)-1] != raw {
				t.Errorf("%q to %s: %v", raw, to, got)
			}
		}
	}
	sent := list(s.want(200, "GET", "/notifications", ""), "notifications")
	again := s.want(201, "POST", "/notifications/"+sent[0]["id"].(string)+"/resend", "")
	if again["status"] != 200.0 || again["redelivery"] != true {
		t.Errorf("resent: %v", again)
	}
}

func TestOneWebhookIsPinged(t *testing.T) {
	s, r := start(t), newReceiver(t, secret)
	s.want(200, "PUT", "/state", registered(r.URL))
	got := list(s.want(201, "POST", "/notifications", `{"type":"webhookPingCreated","webhook_id":"w"}`), "notifications")
	if len(got) != 1 || got[0]["webhook_id"] != "w" || got[0]["status"] != 200.0 {
		t.Errorf("got %v", got)
	}
}

// TestWebhooksArePostedToSideBySide: a receiver that doesn't respond holds up no other.
func TestWebhooksArePostedToSideBySide(t *testing.T) {
	r := newReceiver(t, secret)
	arrived := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-arrived }))
	defer slow.Close()
	fast := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived) }))
	defer fast.Close()
	webhook := func(url string) asctest.Webhook {
		return asctest.Webhook{AppID: "1", URL: url, Secret: secret, Enabled: true}
	}
	s := start(t, webhook(slow.URL), webhook(fast.URL), webhook(r.URL))
	for _, n := range list(s.want(201, "POST", "/notifications", `{"type":"webhookPingCreated"}`), "notifications") {
		if n["status"] != 200.0 {
			t.Errorf("%v", n)
		}
	}
}

func TestSettingsTakeEffect(t *testing.T) {
	s := start(t, asctest.Webhook{ID: "w", AppID: "1", URL: "https://a.example", Secret: secret}, asctest.PackageVersion{Version: "7"},
		asctest.MarketplaceWebhook{EndpointURL: "https://a.example", Secret: secret})
	before := s.want(200, "GET", "/state", "")
	after := s.want(200, "PATCH", "/state", `{"settings":{"skew_ms":3600000,"second_create_status":422,"second_create_code":"X"}}`)
	if after["settings"].(object)["rate_limit"] != 3500.0 || !reflect.DeepEqual(after["webhooks"], before["webhooks"]) ||
		!reflect.DeepEqual(after["package_versions"], before["package_versions"]) || !reflect.DeepEqual(after["apps"], before["apps"]) {
		t.Errorf("what was not given has changed: %v", after)
	}
	if got := s.call("GET", "/v1/apps/1/webhooks", ""); got.status != 401 {
		t.Errorf("a token of an hour ago: %d", got.status)
	}
	after = s.want(200, "PATCH", "/state", `{"settings":{"skew_ms":0,"rate_limit":4,"array_responses":true},"apps":null}`)
	if !reflect.DeepEqual(after["marketplace_webhook"], before["marketplace_webhook"]) {
		t.Errorf("what was not given has changed: %v", after)
	}
	if got := s.register("https://shop.example/in", secret); got.status != 422 {
		t.Errorf("a second create: %d", got.status)
	}
	for range 3 {
		s.call("GET", "/v1/marketplaceWebhooks", "")
	}
	if got := s.call("GET", "/v1/marketplaceWebhooks", ""); got.status != 429 {
		t.Errorf("the rate limit: %d", got.status)
	}
	if got := s.want(200, "PUT", "/state", `{}`); !reflect.DeepEqual(got["settings"], before["settings"]) {
		t.Errorf("the defaults: %v", got["settings"])
	}
}

func TestURLsExpire(t *testing.T) {
	s := start(t, asctest.PackageVersion{PackageFile: asctest.PackageFile{ID: "v", Content: []byte("package")}})
	download := func() int {
		var version struct {
			Data struct{ Attributes struct{ URL string } }
		}
		_ = json.Unmarshal([]byte(s.call("GET", "/v1/alternativeDistributionPackageVersions/v", "").body), &version)
		return s.get(version.Data.Attributes.URL)
	}
	if got := download(); got != 200 {
		t.Errorf("in time: %d", got)
	}
	var version struct {
		Data struct{ Attributes struct{ URL string } }
	}
	_ = json.Unmarshal([]byte(s.call("GET", "/v1/alternativeDistributionPackageVersions/v", "").body), &version)
	s.want(204, "POST", "/expire-urls", "")
	if got := s.get(version.Data.Attributes.URL); got != 403 {
		t.Errorf("expired: %d", got)
	}
	if got := download(); got != 200 {
		t.Errorf("a new one: %d", got)
	}
}

func (s *tester) get(url string) int {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, url, nil)
	if err != nil {
		s.Fatal(err)
	}
	return s.do(r).status
}

func TestAboutIsWhatAClientNeeds(t *testing.T) {
	s := start(t, asctest.WithApp("7"))
	s.box.BaseURL = s.asc.URL
	got, key := s.want(200, "GET", "/about", ""), s.box.Fake.Key()
	if got["base_url"] != s.asc.URL || got["key_id"] != key.ID || got["issuer_id"] != key.IssuerID ||
		fmt.Sprint(got["apps"]) != "[7]" {
		t.Errorf("got %v", got)
	}
}

func TestOneFaultIsRemoved(t *testing.T) {
	s := start(t)
	first := s.want(201, "POST", "/faults", `{"status":503,"times":-1}`)
	second := s.want(201, "POST", "/faults", `{"status":502,"times":-1}`)
	s.want(204, "DELETE", fmt.Sprintf("/faults/%v", first["id"]), "")
	s.want(404, "DELETE", fmt.Sprintf("/faults/%v", first["id"]), "")
	left := list(s.want(200, "GET", "/faults", ""), "faults")
	if len(left) != 1 || left[0]["id"] != second["id"] || first["id"] == second["id"] {
		t.Errorf("left %v", left)
	}
	if got := s.call("GET", "/v1/marketplaceWebhooks", ""); got.status != 502 {
		t.Errorf("got %d", got.status)
	}
}

// TestAProbeUsesUpNoFault: neither /healthz nor a call without a token.
func TestAProbeUsesUpNoFault(t *testing.T) {
	s := start(t)
	s.want(201, "POST", "/faults", `{"status":503}`)
	if got := s.ask("GET", "/healthz", ""); got.status != 200 || got.body != "ok\n" {
		t.Errorf("control: %d %s", got.status, got.body)
	}
	if got := s.get(s.asc.URL + "/healthz"); got != 200 {
		t.Errorf("App Store Connect: %d", got)
	}
	if got := s.get(s.asc.URL + "/v1/marketplaceWebhooks"); got != 401 {
		t.Errorf("without a token: %d", got)
	}
	if got := s.call("GET", "/v1/marketplaceWebhooks", ""); got.status != 503 {
		t.Errorf("got %d", got.status)
	}
}

// TestAFileIsTheState: what the sandbox writes it reads, secrets included, and a reset returns to what it began with.
func TestAFileIsTheState(t *testing.T) {
	r := newReceiver(t, secret)
	first := start(t)
	first.want(200, "PUT", "/state", registered(r.URL))
	first.want(200, "PATCH", "/state", `{"settings":{"list_lag_ms":7},"package_versions":[{"id":"v","version":"7","content":"AAH/","deltas":[{"content":"AQ=="}]}]}`)
	file := first.box.State()
	read, err := sandbox.ReadState(file)
	if err != nil {
		t.Fatal(err)
	}
	second := start(t, read)
	if got := string(second.box.State()); got != string(file) {
		t.Errorf("read %s\nwrote %s", file, got)
	}
	got := list(second.want(201, "POST", "/notifications", `{"type":"AppUnavailable"}`), "notifications")
	if got[0]["status"] != 200.0 {
		t.Errorf("got %v", got)
	}
	second.want(200, "PUT", "/state", `{}`)
	second.want(204, "POST", "/reset", "")
	if got := string(second.box.State()); got != string(file) {
		t.Errorf("after a reset: %s", got)
	}
	third := start(t)
	if err := third.box.SetState(read); err != nil || string(third.box.State()) != string(file) {
		t.Errorf("%v, %s", err, third.box.State())
	}
	if got := third.call("GET", "/v1/marketplaceWebhooks", ""); got.status != 200 {
		t.Errorf("with the key from before: %d", got.status)
	}
	shown := first.ask("GET", "/state", "").body
	for data, want := range map[string]string{
		shown: "secret: is needed", "null": "must be an object", "": "is not JSON", `{"app":[]}`: "app: there is no such field",
	} {
		if _, err := sandbox.ReadState([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50s: %v, want %s", data, err, want)
		}
	}
}
