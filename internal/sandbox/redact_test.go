package sandbox_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// TestNothingShowsASecret sends canaries wherever a careless service could, and
// looks for them in everything that can be read.
func TestNothingShowsASecret(t *testing.T) {
	s := start(t)
	canary := func(extra string) string { return "canary" + rand.Text() + extra }
	first, refused := canary(`"<&>\`), canary("")
	second := first + canary("/+ é") // so one secret begins another
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "my secret is "+first+" or "+second+" "+url.QueryEscape(second)+" "+url.PathEscape(second))
	}))
	defer echo.Close()
	const version = "v"
	err := s.box.Fake.Update(func(state *asctest.State) {
		file := asctest.PackageFile{ID: version}
		state.PackageVersions = append(state.PackageVersions, asctest.PackageVersion{PackageFile: file, PackageID: "p", Version: "1"})
	})
	if err != nil {
		t.Fatal(err)
	}

	events := s.stream()
	s.register(echo.URL, first)
	s.register(echo.URL, refused) // there is one already
	s.call("POST", "/v1/marketplaceWebhooks", `{"data":{"attributes":{"secret":"`+refused+`"`)
	s.call("POST", "/v1/marketplaceWebhooks", `{"s\u0065cret":"`+refused+`","list":[{"Secret":["`+refused+`"]}]}`)
	s.call("POST", "/v1/marketplaceWebhooks", "secret="+refused)
	s.call("POST", "/v1/marketplaceWebhooks", `{"data":{"attributes":{"secret":"`+refused)
	s.call("GET", "/v1/marketplaceWebhooks?token="+s.token(), "")
	s.want(200, "PATCH", "/state", encoded(object{"apps": []string{"1"}, "webhooks": []object{{
		"app_id": "1", "url": echo.URL, "name": "CI " + second, "secret": second, "event_types": []string{"BUILD_UPLOAD_STATE_UPDATED"},
	}}, "marketplace_webhook": object{"id": s.want(200, "GET", "/state", "")["marketplace_webhook"].(object)["id"], "endpoint_url": echo.URL}}))
	s.want(201, "POST", "/notifications", `{"type":"AppUnavailable"}`)
	s.want(201, "POST", "/notifications", `{"type":"buildUploadStateUpdated"}`)
	s.want(201, "POST", "/notifications", `{"type":"buildUploadStateUpdated","signature":"forged"}`)
	got := s.call("GET", "/v1/alternativeDistributionPackageVersions/"+version, "")
	_, accessKey, _ := strings.Cut(got.body, "accessKey=")
	accessKey, _, _ = strings.Cut(accessKey, `"`)
	s.call("GET", "/downloads/"+version+"?expires=1&accessKey="+accessKey, "")
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.asc.URL+"/v1/marketplaceWebhooks", nil)
	for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "X-Token"} {
		r.Header.Set(name, refused)
	}
	r.Header.Set("X-Note", "Bearer "+s.token())
	s.do(r)

	shown := s.ask("GET", "/exchanges", "").body + s.ask("GET", "/notifications", "").body + s.ask("GET", "/state", "").body +
		s.ask("GET", "/faults", "").body + events(12)
	for id := 1; id <= 10; id++ {
		shown += s.ask("GET", fmt.Sprintf("/exchanges/%d", id), "").body
	}
	if !strings.Contains(shown, "/downloads/") || !strings.Contains(shown, "(withheld)") ||
		!strings.Contains(shown, "my secret is ") || len(accessKey) < 20 {
		t.Fatalf("nothing to look through: %.2000s", shown)
	}
	key := strings.Join(strings.Split(string(s.box.Fake.Key().PEM()), "\n")[1:3], "\n")
	for name, secret := range map[string]string{
		"the first secret": first[:20], "the second": second[len(first):][:20], "a refused one": refused[:20], "an access key": accessKey[:20],
		"a token": "eyJ", "the private key": key[:20], "in base64": base64.StdEncoding.EncodeToString([]byte(first))[:16],
	} {
		if i := strings.Index(shown, secret); i >= 0 {
			t.Errorf("%s is shown: %s", name, shown[max(0, i-200):i+40])
		}
	}
}

// stream follows GET /events; the function returns what came, once it is n events.
func (s *tester) stream() func(n int) string {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 20*time.Second)
	s.Cleanup(cancel)
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.control.URL+"/events", nil)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = res.Body.Close() })
	covered("streamEvents")
	lines := bufio.NewReader(res.Body)
	return func(n int) string {
		s.Helper()
		var b strings.Builder
		for strings.Count(b.String(), "\ndata: ") < n {
			line, err := lines.ReadString('\n')
			if err != nil {
				s.Fatalf("after %s: %v", b.String(), err)
			}
			b.WriteString(line)
		}
		return b.String()
	}
}

func TestEventsTellWhatHappens(t *testing.T) {
	s := start(t)
	events := s.stream()
	s.register("http://127.0.0.1:1/in", secret)
	if got := events(2); !strings.Contains(got, "event: exchange") || !strings.Contains(got, "event: state") {
		t.Errorf("got %s", got)
	}
	s.want(201, "POST", "/notifications", `{"type":"AppUnavailable"}`)
	if got := events(1); !strings.Contains(got, "event: notification") {
		t.Errorf("got %s", got)
	}
	s.want(201, "POST", "/faults", "")
	s.want(204, "POST", "/reset", "")
	var got string
	for !strings.Contains(got, "event: reset") {
		got = events(1)
	}
}

func TestStreamsEndWithTheServersContext(t *testing.T) {
	s := start(t)
	_ = s.stream()
	s.stop()
	done := make(chan struct{})
	go func() { s.control.Close(); close(done) }() // waits for its connections
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the stream goes on")
	}
}

// TestAWordAsSecretHidesNothingElse: identifiers, paths and URLs stay, and what was read can be put back.
func TestAWordAsSecretHidesNothingElse(t *testing.T) {
	const word = "marketplace"
	s := start(t)
	s.register("https://marketplace.example/in", word)
	before := s.want(200, "GET", "/state", "")
	if got := before["marketplace_webhook"].(object)["endpoint_url"]; got != "https://marketplace.example/in" {
		t.Errorf("the URL is shown as %v", got)
	}
	if after := s.want(200, "PUT", "/state", encoded(before)); encoded(after) != encoded(before) {
		t.Errorf("put back: %v, want %v", after, before)
	}
	x := list(s.want(200, "GET", "/exchanges", ""), "exchanges")[0]
	sent, responded := x["request"].(object)["body"].(string), x["response"].(object)["body"].(string)
	if x["path"] != "/v1/marketplaceWebhooks" || !strings.Contains(responded, `"endpointUrl":"https://marketplace.example/in"`) {
		t.Errorf("the path is shown as %v, the response as %s", x["path"], responded)
	}
	if !strings.Contains(sent, `"secret":"(withheld)"`) || !strings.Contains(sent, `"type":"marketplaceWebhooks"`) {
		t.Errorf("the request is shown as %s", sent)
	}
}

func TestBodiesWithoutASecretAreShownAsTheyWere(t *testing.T) {
	s := start(t)
	const sent = "{ \"data\" :\n{\"b\":1.0, \"a\":\"<&>\"} }"
	s.call("POST", "/v1/marketplaceWebhooks", sent)
	got := list(s.want(200, "GET", "/exchanges", ""), "exchanges")[0]["request"].(object)["body"]
	if got != sent {
		t.Errorf("got %s", got)
	}
}

// TestSecretsAreRedactedInJSONInsideJSON: a list of deliveries has what receivers responded, as text.
func TestSecretsAreRedactedInJSONInsideJSON(t *testing.T) {
	s := start(t, asctest.WithApp("1234"))
	const quoted = `a "quoted" secret`
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, encoded(object{"echo": quoted}))
	}))
	defer echo.Close()
	s.want(200, "PUT", "/state", strings.ReplaceAll(registered(echo.URL), `"`+secret+`"`, encoded(quoted)))
	s.want(201, "POST", "/notifications", `{"type":"buildUploadStateUpdated"}`)
	s.call("GET", "/v1/webhooks/w/deliveries?filter[createdDateGreaterThanOrEqualTo]="+
		time.Now().UTC().Add(-time.Hour).Format(time.RFC3339), "")
	x := list(s.want(200, "GET", "/exchanges", ""), "exchanges")[0]
	if body := x["response"].(object)["body"].(string); !strings.Contains(body, "echo") ||
		strings.Contains(body, "quoted") {
		t.Errorf("shown as %s", body)
	}
}
