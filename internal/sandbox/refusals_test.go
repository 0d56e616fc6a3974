package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestBadInputIsRefusedByItsField(t *testing.T) {
	const app = `{"apps":["1234"],"webhooks":[`
	tests := []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/notifications", "", 400, "type: must be one of AlternativeDistributionPackageVersionAvailable, "},
		{"POST", "/notifications", `{"type":"NoSuchThing"}`, 400, "webhookPingCreated"},
		{"POST", "/notifications", `{"type":7}`, 400, "type: must be a string"},
		{"POST", "/notifications", `{"type":"AppUnavailable","copies":0}`, 400, "copies: must be from 1 to 100"},
		{"POST", "/notifications", `{"type":"AppUnavailable","copies":1.5}`, 400, "copies: must be a whole number"},
		{"POST", "/notifications", `{"type":"AppUnavailable","signature":"good"}`, 400, "signature: must be one of valid, forged, old_secret"},
		{"POST", "/notifications", `{"type":"AppUnavailable","fields":{"app":"1"}}`, 400, "fields.app: there is no such field of this type: it has marketplace_app_id, app_id"},
		{"POST", "/notifications", `{"type":"AppUnavailable","fields":{"app_id":1}}`, 400, "fields.app_id: must be a string"},
		{"POST", "/notifications", `{"type":"AppUnavailable","fields":{"app_id":""}}`, 400, "fields.app_id: must not be empty"},
		{"POST", "/notifications", `{"type":"AppUnavailable","fields":{"event_timestamp":"now"}}`, 400, "fields.event_timestamp: must be a time"},
		{"POST", "/notifications", `{"type":"AppVersionsUnavailable","fields":{"package_ids":"a"}}`, 400, "fields.package_ids: must be a list of strings"},
		{"POST", "/notifications", `{"type":"AppUnavailable","id":"` + strings.Repeat("x", 513) + `"}`, 400, "id: "},
		{"POST", "/notifications", `{"type":"AppUnavailable"}`, 409, "no marketplace webhook is registered"},
		{"POST", "/notifications", `{"type":"buildUploadStateUpdated"}`, 409, "app_id: there is no app yet"},
		{"POST", "/notifications", `{"type":"buildUploadStateUpdated","typ":1}`, 400, "typ: there is no such field"},
		{"POST", "/notifications", `{"type":`, 400, "the body is not JSON"},
		{"POST", "/notifications", `{"type":"AppUnavailable"}{}`, 400, "more than one JSON value"},
		{"POST", "/notifications/none/resend", "", 404, "id: there is no such notification"},
		{"GET", "/notifications/none", "", 404, "id: "},
		{"GET", "/exchanges/one", "", 404, "id: there is no such exchange"},
		{"GET", "/exchanges/1", "", 404, "id: there is no such exchange"},
		{"GET", "/exchanges?limit=0", "", 400, "limit: must be from 1 to 1000"},
		{"GET", "/exchanges?limit=1001", "", 400, "limit: must be from 1 to 1000"},
		{"GET", "/exchanges?before=yesterday", "", 400, "before: must be a number"},
		{"GET", "/exchanges?since=-1", "", 400, "since: must be a number"},
		{"GET", "/exchanges?operation=create", "", 400, "operation: must be one of alternativeDistributionPackageVersions_"},
		{"GET", "/exchanges?status=6xx", "", 400, "status: must be a status such as 503"},
		{"GET", "/exchanges?path=v1", "", 400, "path: must begin with a slash"},
		{"GET", "/exchanges?path=/a&path=/b", "", 400, "path: must be given once"},
		{"GET", "/exchanges?stat=1", "", 400, "stat: there is no such parameter: there are operation, path, status, since, limit, before"},
		{"GET", "/notifications?operation=x", "", 400, "operation: there is no such parameter: there are type, webhook_id"},
		{"GET", "/wait?for=ever", "", 400, "for: must be exchanges or notifications"},
		{"GET", "/wait?count=0", "", 400, "count: must be from 1 to 1000"},
		{"GET", "/wait?timeout=61", "", 400, "timeout: must be seconds from 0 to 60"},
		{"GET", "/wait?timeout=NaN", "", 400, "timeout: must be seconds from 0 to 60"},
		{"GET", "/wait?timeout=0&operation=x", "", 400, "operation: must be one of"},
		{"GET", "/wait?timeout=0", "", 504, "timeout: 0 of 1 exchanges came in time"},
		{"GET", "/wait?timeout=0.001&for=notifications", "", 504, "timeout: 0 of 1 notifications came in time"},
		{"POST", "/notifications", `{"raw":"{","type":"AppUnavailable"}`, 400, "raw: must not be given beside type, id or fields"},
		{"POST", "/notifications", `{"raw":"{"}`, 409, "webhook_id: is needed: 0 webhooks are registered"},
		{"POST", "/notifications", `{"raw":"{","webhook_id":"none"}`, 409, "no webhook has the id"},
		{"POST", "/notifications", `{"type":"AppUnavailable","app_id":"1","webhook_id":"2"}`, 400, "app_id: must not be given beside webhook_id"},
		{"DELETE", "/faults/1", "", 404, "id: there is no such fault"},
		{"POST", "/faults", `{"kind":"no such"}`, 400, "kind: must be one of error, late, late body, "},
		{"POST", "/faults", `{"operation":"create"}`, 400, "marketplaceWebhooks_createInstance"},
		{"POST", "/faults", `{"status":99}`, 400, "status: must be from 200 to 599"},
		{"POST", "/faults", `{"times":0}`, 400, "times: must be from 1 to 10000"},
		{"POST", "/faults", `{"delay_ms":-1}`, 400, "delay_ms: must be from 0"},
		{"POST", "/faults", `{"headers":{"a b":["1"]}}`, 400, "headers: "},
		{"PUT", "/state", `[]`, 400, "must be an object"},
		{"PUT", "/state", `null`, 400, "a body is needed"},
		{"PUT", "/state", "", 400, "a body is needed"},
		{"PUT", "/state", app + `{"app_id":"1234","url":"https://a.example","secret":"x","name":"CI (withheld)"}]}`, 400, "webhooks[0].name: "},
		{"PUT", "/state", `{"apps":`, 400, "the body is not JSON"},
		{"PUT", "/state", `{"apps":["1","1"]}`, 400, "apps[1]: "},
		{"PUT", "/state", `{"marketplace_webhook":{"endpoint_url":"/in","secret":"x"}}`, 400, "marketplace_webhook.endpoint_url: "},
		{"PUT", "/state", `{"marketplace_webhook":{"endpoint_url":"https://a.example"}}`, 400, "marketplace_webhook.secret: is needed"},
		{"PUT", "/state", app + `{"app_id":"1234","url":"https://a.example","id":"unknown"}]}`, 400, "webhooks[0].secret: is needed"},
		{"PUT", "/state", app + `{"app_id":"12","url":"https://a.example","secret":"x"}]}`, 400, "webhooks[0].app_id: must be one of apps"},
		{"PUT", "/state", app + `{"app_id":"1234","url":"ftp://a.example","secret":"x"}]}`, 400, "webhooks[0].url: "},
		{"PUT", "/state", app + `{"app_id":"1234","url":"https://a.example","secret":"x","event_types":["NONE"]}]}`, 400, "BUILD_UPLOAD_STATE_UPDATED"},
		{"PUT", "/state", `{"extra":` + strings.Repeat(" ", 1<<20) + `1}`, 413, "larger than 1 MiB"},
		{"PUT", "/state", `{"settings":{"rate_limit":-1}}`, 400, "settings.rate_limit: must not be negative"},
		{"PUT", "/state", `{"settings":{"second_create_status":200,"second_create_code":"OK"}}`, 400, "settings.second_create_status: must be from 400"},
		{"PUT", "/state", `{"settings":{"second_create_status":422}}`, 400, "settings.second_create_code: must go with"},
		{"PUT", "/state", `{"settings":{"list_lag_ms":-1}}`, 400, "settings.list_lag_ms: "},
		{"PUT", "/state", `{"settings":{"skew_ms":1e30}}`, 400, "settings.skew_ms: must be a whole number"},
		{"PUT", "/state", `{"settings":{"skew_ms":9000000000000000}}`, 400, "settings.skew_ms: must be at most ten years"},
		{"PUT", "/state", `{"settings":{"slow":true}}`, 400, "slow: there is no such field"},
		{"PUT", "/state", `{"package_versions":[{"id":"a"},{"id":"a"}]}`, 400, "package_versions[1].id: must be text"},
		{"PUT", "/state", `{"package_versions":[{"id":"a","variants":[{"id":"a"}]}]}`, 400, "package_versions[0].variants[0].id: "},
		{"PUT", "/state", `{"package_versions":[{"deltas":[{"id":".."}]}]}`, 400, "package_versions[0].deltas[0].id: "},
		{"PUT", "/state", `{"package_versions":[{"package_id":"a/b"}]}`, 400, "package_versions[0].package_id: "},
		{"PUT", "/state", `{"package_versions":[{"state":"GONE"}]}`, 400, "package_versions[0].state: must be COMPLETED or REPLACED"},
		{"PUT", "/state", `{"package_versions":[{"url_lifetime_ms":-1}]}`, 400, "package_versions[0].url_lifetime_ms: "},
		{"PUT", "/state", `{"marketplace_webhook":{"endpoint_url":"https://a.example/a b","secret":"x"}}`, 400, "marketplace_webhook.endpoint_url: "},
		{"PUT", "/state", `{"marketplace_webhook":{"endpoint_url":"https://a.example/{b}","secret":"x"}}`, 400, "marketplace_webhook.endpoint_url: "},
		{"PUT", "/state", `{"marketplace_webhook":{"id":"..","endpoint_url":"https://a.example","secret":"x"}}`, 400, "marketplace_webhook.id: "},
		{"PATCH", "/state", "", 400, "the body is not JSON"},
		{"PATCH", "/state", `{"apps":["9"],"settings":{"rate_limit":-1}}`, 400, "settings.rate_limit: "},
		{"PATCH", "/state", `{"apps":["9"],"webhooks":[{"app_id":"9","url":"/","secret":"x"}]}`, 400, "webhooks[0].url: "},
		{"DELETE", "/state", "", 405, "does not have this method"},
		{"POST", "/exchanges/1", "", 405, "does not have this method"},
		{"GET", "/reset", "", 405, "does not have this method, but POST"},
		{"POST", "/main.js", "", 405, "does not have this method, but GET, HEAD"},
		{"POST", "/nothing", "", 404, "there is no such path"},
		{"GET", "/nothing", "", 404, "there is no such path"},
		{"GET", "/exchanges/1/more", "", 404, "there is no such path"},
	}
	s := start(t)
	before := s.ask("GET", "/state", "").body + s.ask("GET", "/faults", "").body
	for _, test := range tests {
		got := s.ask(test.method, test.path, test.body)
		if got.status != test.status || !strings.Contains(got.body, test.want) || !strings.HasPrefix(got.body, `{"error":"`) {
			t.Errorf("%s %s %.80s\n got %d %s\nwant %d %s", test.method, test.path, test.body, got.status, got.body, test.status, test.want)
		}
	}
	if after := s.ask("GET", "/state", "").body + s.ask("GET", "/faults", "").body; after != before {
		t.Errorf("the state changed: %s", after)
	}
	if sent := s.want(200, "GET", "/notifications", ""); sent["total"] != 0.0 {
		t.Errorf("something was sent: %v", sent)
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	s := start(t)
	tests := []struct {
		name         string
		method       string
		host, origin string
		fetchSite    string
		status       int
	}{
		{"a program", "POST", "", "", "", 204},
		{"our page", "POST", "", s.control.URL, "same-origin", 204},
		{"a page of another site", "POST", "", "https://evil.example", "cross-site", 403},
		{"one of another port", "POST", "", "http://127.0.0.1:1", "same-site", 403},
		{"one in an old browser", "POST", "", "https://evil.example", "", 403},
		{"one whose name leads here", "GET", "evil.example", "", "", 403},
		{"one whose name begins as ours", "GET", "127.0.0.1.evil.example:80", "", "", 403},
		{"localhost", "GET", "localhost:1", "", "", 405},
		{"IPv6", "GET", "[::1]:80", "", "", 405},
		{"another machine", "GET", "192.0.2.1", "", "", 403},
	}
	for _, test := range tests {
		r, err := http.NewRequestWithContext(t.Context(), test.method, s.control.URL+"/reset", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = test.host
		for name, value := range map[string]string{"Origin": test.origin, "Sec-Fetch-Site": test.fetchSite} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		got := s.do(r)
		if got.status != test.status && (test.status != 405 || got.status != 404) {
			t.Errorf("%s: %d %s, want %d", test.name, got.status, got.body, test.status)
		}
	}
}

func TestHeadIsGetWithoutTheBody(t *testing.T) {
	s := start(t)
	for _, path := range []string{"/", "/state"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.control.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.do(r); got.status != 200 || got.body != "" {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestABodyNeedsItsContentType(t *testing.T) {
	s := start(t)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, s.control.URL+"/state", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "text/plain")
	if got := s.do(r); got.status != 415 || !strings.Contains(got.body, "Content-Type: must be application/json") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestThePageIsServedSafely(t *testing.T) {
	s := start(t)
	for path, contentType := range map[string]string{
		"/": "text/html; charset=utf-8", "/main.js": "text/javascript; charset=utf-8", "/style.css": "text/css; charset=utf-8",
		"/icon.svg": "image/svg+xml", "/openapi.yaml": "application/yaml",
	} {
		got := s.ask("GET", path, "")
		if got.status != 200 || got.header.Get("Content-Type") != contentType {
			t.Errorf("%s: %d %s", path, got.status, got.header.Get("Content-Type"))
		}
		policy := got.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") ||
			got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, got.header)
		}
		for _, risky := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", " onclick="} {
			if strings.Contains(got.body, risky) {
				t.Errorf("%s has %s", path, risky)
			}
		}
		for _, outside := range []string{"https://", "//cdn", "@import", "url("} {
			if path != "/openapi.yaml" && strings.Contains(got.body, outside) {
				t.Errorf("%s has %s", path, outside)
			}
		}
	}
}

func TestListenStaysOnThisMachine(t *testing.T) {
	s := start(t)
	for _, addr := range []string{":0", "0.0.0.0:0", "192.0.2.1:0", "[::]:0", "example.com:0", "127.0.0.1"} {
		if s.box.CheckAddr(addr) == nil {
			t.Errorf("would listen on %s", addr)
		}
	}
	if err := s.box.CheckAddr("127.0.0.1:0"); err != nil {
		t.Error(err)
	}
}

// TestAllowedHosts: with them both listeners may be called by their names and by this machine's, and by no other.
func TestAllowedHosts(t *testing.T) {
	s := start(t)
	for _, host := range []string{"", "a:1", "a/b", "a b", "http://a"} {
		if s.box.AllowHosts(host) == nil {
			t.Errorf("%q is taken for a host", host)
		}
	}
	try := func(url, host string, want int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		if got := s.do(r); got.status != want {
			t.Errorf("%s as %s: %d %s, want %d", url, host, got.status, got.body, want)
		}
	}
	try(s.asc.URL, "anything.example", 200)
	try(s.control.URL, "sandbox:80", 403)
	if err := s.box.AllowHosts("sandbox", "192.0.2.1", "[2001:db8::1]"); err != nil {
		t.Fatal(err)
	}
	if err := s.box.CheckAddr(":0"); err != nil {
		t.Error(err)
	}
	for _, url := range []string{s.asc.URL, s.control.URL} {
		for host, want := range map[string]int{
			"sandbox": 200, "SANDBOX:8081": 200, "192.0.2.1:1": 200, "[2001:db8::1]:1": 200, "localhost": 200,
			"sandbox.evil.example": 403, "192.0.2.2": 403,
		} {
			try(url, host, want)
		}
	}
}
