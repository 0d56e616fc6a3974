package doctor_test

// What the probes come to.

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/doctor"
	"github.com/ascmarketplace/webhooks/notification"
)

// The fake is as this module assumes.

func TestProbeConfirmsEachFact(t *testing.T) {
	t.Parallel()
	got := newLaboratory(t).verdicts(t)
	if confirmed := with(got, doctor.Confirmed); len(confirmed) != 11 || len(got) != 11 {
		t.Errorf("confirmed: %q of %+v", confirmed, got)
	}
	for probe, outcome := range got {
		if outcome.RequestID == "" {
			t.Errorf("%s: no request ID", probe)
		}
	}
}

// An App Store Connect that is otherwise in one respect.

func TestProbeRefutes(t *testing.T) {
	t.Parallel()
	count := func(n *atomic.Int32, r *http.Request, method, path string) int {
		if r.Method == method && r.URL.Path == path {
			return int(n.Add(1))
		}
		return 0
	}
	for name, test := range map[string]struct {
		settings asctest.Settings
		change   func(n *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte
	}{
		"second-create": {settings: asctest.Settings{SecondCreateStatus: 422, SecondCreateCode: "ENTITY_UNPROCESSABLE"}},
		"list-filters":  {settings: asctest.Settings{LooseListing: true}},
		"list-filters, of the state": {change: func(_ *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte {
			if r.URL.Query().Has("filter[deliveryState]") {
				response.StatusCode = 200
			}
			return body
		}},
		"list-filters, of the date": {change: func(_ *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte {
			if r.URL.Query().Has("filter[createdDateLessThan]") {
				response.StatusCode = 200
			}
			return body
		}},
		"same-url": {change: func(n *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte {
			if count(n, r, "POST", "/v1/webhooks") == 2 {
				response.StatusCode = 409
				body = []byte(`{"errors":[{"status":"409","code":"ENTITY_ERROR"}]}`)
			}
			return body
		}},
		"empty-secret": {change: func(_ *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte {
			if r.URL.Path == "/v1/marketplaceWebhooks" && response.StatusCode == http.StatusConflict && bytes.Contains(body, []byte("/data/attributes/secret")) {
				response.StatusCode = 201
			}
			return body
		}},
		"payload": {change: func(_ *atomic.Int32, _ *http.Request, body []byte, _ *http.Response) []byte {
			return bytes.ReplaceAll(body, []byte(`"payload":"{`), []byte(`"payload":"{ `))
		}},
		"payload, which is missing": {change: func(_ *atomic.Int32, _ *http.Request, body []byte, _ *http.Response) []byte {
			return bytes.ReplaceAll(body, []byte(`"payload":"`), []byte(`"other":"`))
		}},
		"acknowledgment, of 200": {change: func(_ *atomic.Int32, _ *http.Request, body []byte, _ *http.Response) []byte {
			return bytes.ReplaceAll(body, []byte(`"SUCCEEDED"`), []byte(`"FAILED"`))
		}},
		"acknowledgment, of 503": {change: func(_ *atomic.Int32, _ *http.Request, body []byte, _ *http.Response) []byte {
			return bytes.ReplaceAll(body, []byte(`"FAILED"`), []byte(`"SUCCEEDED"`))
		}},
		"redeliver-once": {change: func(n *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte {
			if count(n, r, "POST", "/v1/webhookDeliveries") == 2 {
				response.StatusCode = 201
			}
			return body
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLaboratory(t, test.settings)
			if test.change != nil {
				var n atomic.Int32
				l.Transport = edit{l.Transport, func(r *http.Request, body []byte, response *http.Response) []byte {
					return test.change(&n, r, body, response)
				}}
			}
			got := l.verdicts(t)
			probe, _, _ := strings.Cut(name, ",")
			if refuted := with(got, doctor.Refuted); !slices.Equal(refuted, []string{probe}) {
				t.Errorf("refuted: %q of %+v", refuted, got)
			}
			if probe == "same-url" && got[probe].Found != "409 Conflict" { // and not what came after it
				t.Errorf("found %+v", got[probe])
			}
		})
	}
}

// An event whose resource has another ID than its notification.
func TestProbeKnowsAnEventByItsPayload(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.Transport = edit{l.Transport, func(_ *http.Request, body []byte, _ *http.Response) []byte {
		return bytes.ReplaceAll(body, []byte(`{"type":"webhookEvents","id":"`), []byte(`{"type":"webhookEvents","id":"other-`))
	}}
	if got := with(l.verdicts(t), doctor.Confirmed); len(got) != 11 {
		t.Errorf("confirmed: %q", got)
	}
}

// A ping that is posted to the disabled webhook, and is not taken for the other's.
func TestProbeSeesAPingToADisabledWebhook(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.Transport = onTheWay{l.Transport, func(r *http.Request) {
		if r.URL.Path != "/v1/webhookPings" {
			return
		}
		_ = l.fake.Update(func(s *asctest.State) {
			for i := range s.Webhooks {
				s.Webhooks[i].Enabled = true
			}
		})
	}}
	if got := with(l.verdicts(t), doctor.Refuted); !slices.Equal(got, []string{"disabled-ping"}) {
		t.Errorf("refuted: %q", got)
	}
}

// A redelivery that arrives with another ID.

func TestProbeSeesAnotherID(t *testing.T) {
	t.Parallel()
	var l *laboratory
	var posts atomic.Int32
	l = newLaboratory(t, asctest.Settings{DeliveryTransport: onTheWay{&http.Transport{DisableKeepAlives: true}, func(r *http.Request) {
		if posts.Add(1) != 3 {
			return
		}
		body, _ := io.ReadAll(r.Body)
		body = bytes.Replace(body, []byte(`"id":"`), []byte(`"id":"other-`), 1)
		hooks := l.fake.State().Webhooks
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set(notification.SignatureHeader, notification.Sign([]byte(hooks[1].Secret), body))
	}}})
	if got := with(l.verdicts(t), doctor.Refuted); !slices.Equal(got, []string{"redelivery-id"}) {
		t.Errorf("refuted: %q", got)
	}
}

// A webhook that was created, and that a list does not show yet, is deleted before the next step.

// A run's record has none of the account, and of the receiver only what it is for.

func TestProbeIsRecorded(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	dir := filepath.Join(t.TempDir(), "record")
	record, err := doctor.NewRecord(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = record.Close() }()
	l.Record = record
	l.verdicts(t)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil || !json.Valid(content) {
			t.Fatalf("%s: %v, or not JSON", file, err)
		}
		text += string(content)
	}
	for _, private := range []string{"anary", "private-path", appID, webhookID, "eyJ", l.Listener.Addr().String()} {
		if strings.Contains(text, private) {
			t.Errorf("the record has %q", private)
		}
	}
	for _, kept := range []string{`"(received)"`, `"webhookPingCreated"`, `"secret": "(withheld)"`, "ENTITY_ERROR", `"SUCCEEDED"`, "id-1", `"filter[deliveryState]": "FAILED"`} {
		if !strings.Contains(text, kept) {
			t.Errorf("the record lacks %s", kept)
		}
	}
	if len(files) < 20 {
		t.Errorf("%d files", len(files))
	}
}

// Without a listener, and where a step can't be done, the rest goes on.

// A response that tells nothing of the request confirms nothing.

// A webhook whose create lost its response is deleted before the next step.

// What somebody else deletes first is gone as well.

// A token goes over TLS only, and an ID is no path.

func TestProbeInTheClear(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.BaseURL = strings.Replace(l.BaseURL, "127.0.0.1", "0.0.0.0", 1) // is not loopback by name
	l.URL = strings.Replace(l.URL, "127.0.0.1", "0.0.0.0", 1)
	if err := l.Run(t.Context(), func(doctor.Outcome) {}); err == nil || len(l.fake.Exchanges()) > 0 {
		t.Errorf("without leave: %v, %d requests", err, len(l.fake.Exchanges()))
	}
	l.PlainHTTPHost = "0.0.0.0"
	got := l.verdicts(t)
	if refuted := with(got, doctor.Refuted); !slices.Equal(refuted, []string{"http-endpoint"}) || len(with(got, doctor.Confirmed)) != 10 {
		t.Errorf("refuted: %q of %+v", refuted, got)
	}
}

// plan and facts are for people; each line says something.

func TestPlan(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	if plan := l.Plan(); len(plan) != 5 || !strings.Contains(strings.Join(plan, "\n"), l.URL) {
		t.Errorf("%q", plan)
	}
	for _, fact := range doctor.Facts() {
		if (fact.Probe == "") == (fact.Why == "") {
			t.Errorf("%+v: a probe, or a reason", fact)
		}
	}
	if _, err := json.Marshal(doctor.Outcome{}); err != nil {
		t.Error(err)
	}
}
