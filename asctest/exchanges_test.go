package asctest_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/ascmarketplace/webhooks/asctest"
)

func TestRequestsTellTheirResponse(t *testing.T) {
	c := newCaller(t)
	c.create()
	c.call("POST", collection, `{"data":{"type":"marketplaceWebhooks","attributes":{}}}`)
	all := c.server.Exchanges()
	if first := all[0]; !strings.Contains(string(first.ResponseBody), `"endpointUrl"`) ||
		first.ResponseHeader.Get("Location") == "" {
		t.Errorf("response %s, %v", first.ResponseBody, first.ResponseHeader)
	}
	if said := strings.Join(all[1].Violations, "\n"); !strings.Contains(said, "/data/attributes/endpointUrl: ") {
		t.Errorf("violations %s", said)
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := newCaller(t, asctest.Settings{Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	c.create()
	c.call("GET", collection+"?limit=3", "")
	c.server.FailNext(asctest.Fault{Kind: asctest.FaultResetBeforeHeaders})
	_, _, _, _ = c.fetch("PUT", collection, "")

	requests := c.server.Exchanges()
	var got []string
	for _, r := range requests {
		got = append(got, fmt.Sprintf("%s %s?%s %s %d %d %s", r.Method, r.Path, r.Query, r.Operation, len(r.Body), r.Status, r.Reason))
		if r.Header.Get("Authorization") != "" || r.Header.Get("User-Agent") == "" || r.KeyID != c.server.Key().ID ||
			r.Time.IsZero() {
			t.Errorf("headers %v, key %s, time %v", r.Header, r.KeyID, r.Time)
		}
	}
	want := []string{
		fmt.Sprintf("POST /v1/marketplaceWebhooks? marketplaceWebhooks_createInstance %d 201 ", len(createBody)),
		"GET /v1/marketplaceWebhooks?limit=3 marketplaceWebhooks_getCollection 0 200 ",
		"PUT /v1/marketplaceWebhooks?  0 0 fault: reset before headers",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strings.Count(log.String(), `"level":"DEBUG"`) != 3 || strings.Contains(log.String(), "canary") ||
		strings.Contains(log.String(), "Bearer") {
		t.Errorf("log: %s", log.String())
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
