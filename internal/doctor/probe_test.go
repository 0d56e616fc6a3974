package doctor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/doctor"
	"github.com/ascmarketplace/webhooks/notification"
)

// laboratory is an account with a production webhook, and the probe of it.
type laboratory struct {
	doctor.Probe
	fake *asctest.Server
}

func newLaboratory(t *testing.T, opts ...asctest.Option) *laboratory {
	t.Helper()
	key := asctest.Key{ID: "2X9R4HXF34", IssuerID: issuerID, Signer: signer(t)}
	fake := asctest.NewServer(t, append([]asctest.Option{key, asctest.WithApp(appID),
		asctest.Webhook{ID: webhookID, AppID: appID, Name: "Production of Canary Inc", URL: "https://canary.example/private-path",
			Secret: secret, EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"}, Enabled: true},
		asctest.Settings{Logger: slog.New(slog.DiscardHandler)},
	}, opts...)...)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return &laboratory{fake: fake, Probe: doctor.Probe{
		Key:     auth.KeyHint{KeyID: key.ID, IssuerID: key.IssuerID, File: (&patient{}).keyFile(t, key)},
		BaseURL: fake.URL, UserAgent: "test", AppID: appID, URL: "http://" + listener.Addr().String() + "/hook",
		Listener: listener, Transport: fake.Client().Transport, Wait: 5 * time.Second,
	}}
}

// verdicts runs the probe, and checks that it leaves the account as it was.
func (l *laboratory) verdicts(t *testing.T) map[string]doctor.Outcome {
	t.Helper()
	before := l.registered()
	outcomes := map[string]doctor.Outcome{}
	err := l.Run(t.Context(), func(o doctor.Outcome) {
		if o.Probe != "" {
			outcomes[o.Probe] = o
		}
	})
	if err != nil {
		t.Error(err)
	}
	if after := l.registered(); !slices.Equal(before, after) {
		t.Errorf("registered before: %q, after: %q", before, after)
	}
	return outcomes
}

// registered are the URLs of all webhooks.
func (l *laboratory) registered() (urls []string) {
	state := l.fake.State()
	for _, w := range state.Webhooks {
		urls = append(urls, w.URL)
	}
	if w := state.MarketplaceWebhook; w != nil {
		urls = append(urls, w.EndpointURL)
	}
	return urls
}

func with(outcomes map[string]doctor.Outcome, verdict doctor.Verdict) (probes []string) {
	for _, probe := range slices.Sorted(maps.Keys(outcomes)) {
		if outcomes[probe].Verdict == verdict {
			probes = append(probes, probe)
		}
	}
	return probes
}

// The fake takes http anywhere, and is otherwise as this module assumes.
func TestProbeSettlesEachFact(t *testing.T) {
	t.Parallel()
	got := newLaboratory(t).verdicts(t)
	if refuted := with(got, doctor.Refuted); !slices.Equal(refuted, []string{"http-endpoint"}) {
		t.Errorf("refuted: %q", refuted)
	}
	if untried := with(got, doctor.NotTried); len(untried) > 0 || len(got) != 11 {
		t.Errorf("not tried: %q; %d outcomes: %+v", untried, len(got), got)
	}
}

// edit changes the responses on the way.
type edit struct {
	next   http.RoundTripper
	change func(r *http.Request, body []byte, response *http.Response) []byte
}

func (e edit) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := []byte{}
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	response, err := e.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	body = e.change(r, body, response)
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
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
	for probe, test := range map[string]struct {
		settings asctest.Settings
		change   func(n *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte
	}{
		"second-create": {settings: asctest.Settings{SecondCreateStatus: 422, SecondCreateCode: "ENTITY_UNPROCESSABLE"}},
		"list-filters":  {settings: asctest.Settings{LooseListing: true}},
		"same-url": {change: func(n *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte {
			if count(n, r, "POST", "/v1/webhooks") == 2 {
				response.StatusCode = 409
			}
			return body
		}},
		"empty-secret": {change: func(_ *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte {
			if r.URL.Path == "/v1/marketplaceWebhooks" && response.StatusCode == 409 && bytes.Contains(body, []byte("/data/attributes/secret")) {
				response.StatusCode = 201
			}
			return body
		}},
		"payload": {change: func(_ *atomic.Int32, _ *http.Request, body []byte, _ *http.Response) []byte {
			return bytes.ReplaceAll(body, []byte(`"payload":"{`), []byte(`"payload":"{ `))
		}},
		"acknowledgment": {change: func(_ *atomic.Int32, _ *http.Request, body []byte, _ *http.Response) []byte {
			return bytes.ReplaceAll(body, []byte(`"FAILED"`), []byte(`"SUCCEEDED"`))
		}},
		"redeliver-once": {change: func(n *atomic.Int32, r *http.Request, body []byte, response *http.Response) []byte {
			if count(n, r, "POST", "/v1/webhookDeliveries") == 2 {
				response.StatusCode = 201
			}
			return body
		}},
	} {
		t.Run(probe, func(t *testing.T) {
			t.Parallel()
			l := newLaboratory(t, test.settings)
			if test.change != nil {
				var n atomic.Int32
				l.Transport = edit{l.Transport, func(r *http.Request, body []byte, response *http.Response) []byte {
					return test.change(&n, r, body, response)
				}}
			}
			got := l.verdicts(t)
			want := []string{probe, "http-endpoint"}
			slices.Sort(want)
			if refuted := with(got, doctor.Refuted); !slices.Equal(refuted, want) {
				t.Errorf("refuted: %q, want %q: %+v", refuted, want, got)
			}
		})
	}
}

// A disabled webhook that gets its ping.
func TestProbeSeesAPingToADisabledWebhook(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	var enabled atomic.Value
	l.Transport = onTheWay{l.Transport, func(r *http.Request) {
		switch path, _ := enabled.Load().(string); {
		case r.Method == http.MethodPatch:
			enabled.Store(r.URL.Path)
		case path != "" && strings.HasSuffix(r.URL.Path, "/deliveries"):
			r.URL.Path = path + "/deliveries"
		}
	}}
	if got := with(l.verdicts(t), doctor.Refuted); !slices.Equal(got, []string{"disabled-ping", "http-endpoint"}) {
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
		r.Header.Set(notification.SignatureHeader, notification.Sign([]byte(hooks[len(hooks)-1].Secret), body))
	}}})
	if got := with(l.verdicts(t), doctor.Refuted); !slices.Equal(got, []string{"http-endpoint", "redelivery-id"}) {
		t.Errorf("refuted: %q", got)
	}
}

// onTheWay changes requests.
type onTheWay struct {
	next   http.RoundTripper
	change func(*http.Request)
}

func (w onTheWay) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	w.change(r)
	return w.next.RoundTrip(r)
}

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
	for _, kept := range []string{`"(received)"`, `"webhookPingCreated"`, `"secret": "(withheld)"`, "ENTITY_ERROR", `"SUCCEEDED"`, "id-1"} {
		if !strings.Contains(text, kept) {
			t.Errorf("the record lacks %s", kept)
		}
	}
	if len(files) < 20 {
		t.Errorf("%d files", len(files))
	}
}

func TestProbeLeavesTheAccountsOwnAlone(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t, asctest.MarketplaceWebhook{EndpointURL: "https://canary.example/old", Secret: secret})
	got := l.verdicts(t)
	want := []string{"empty-secret", "http-endpoint", "second-create"}
	if untried := with(got, doctor.NotTried); !slices.Equal(untried, want) {
		t.Errorf("not tried: %q", untried)
	}
	for _, x := range l.fake.Exchanges() {
		if strings.HasPrefix(x.Path, "/v1/marketplaceWebhooks") && x.Method != http.MethodGet {
			t.Errorf("%s %s", x.Method, x.Path)
		}
		if strings.Contains(x.Path, webhookID) {
			t.Errorf("production's webhook: %s %s", x.Method, x.Path)
		}
	}
}

// Without a listener, and where a step can't be done, the rest goes on.
func TestProbeDoesWhatItCan(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.Listener = nil
	if got := with(l.verdicts(t), doctor.NotTried); len(got) != 6 {
		t.Errorf("without a listener not tried: %q", got)
	}

	l = newLaboratory(t)
	_ = l.fake.Update(func(s *asctest.State) {
		for len(s.Webhooks) < 10 {
			s.Webhooks = append(s.Webhooks, asctest.Webhook{AppID: appID, URL: "https://canary.example/", Secret: secret})
		}
	})
	if got := with(l.verdicts(t), doctor.NotTried); len(got) != 8 {
		t.Errorf("with ten webhooks not tried: %q", got)
	}

	l = newLaboratory(t)
	l.URL, l.Wait = "http://127.0.0.1:1/", 50*time.Millisecond // leads elsewhere
	if got := l.verdicts(t)["payload"]; got.Verdict != doctor.NotTried || !strings.Contains(got.Found, "did not arrive") {
		t.Errorf("%+v", got)
	}

	l = newLaboratory(t)
	l.AppID = "6478999999"
	if err := l.Run(t.Context(), func(doctor.Outcome) {}); err == nil || !strings.Contains(err.Error(), "nothing was tried") {
		t.Errorf("an unknown app: %v", err)
	}
}

func TestProbeRefusesURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "http://receiver.example/", "ftp://receiver.example/", "receiver.example", "https:///x",
		"https://user@receiver.example/", "https://receiver.example/#x", "http://127.0.0.1.example/"} {
		if doctor.CheckURL(url) == nil {
			t.Errorf("%q is accepted", url)
		}
		l := doctor.Probe{URL: url}
		if l.Run(t.Context(), func(doctor.Outcome) {}) == nil {
			t.Errorf("%q: the probe runs", url)
		}
	}
	for _, url := range []string{"https://receiver.example/a?b", "http://localhost:8080/", "http://[::1]/"} {
		if err := doctor.CheckURL(url); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// mortal is a process that is killed at its nth request: before it is sent, or
// before the response is read.
type mortal struct {
	next  http.RoundTripper
	n     atomic.Int32
	at    int32
	sends bool
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	switch n := m.n.Add(1); {
	case n > m.at, n == m.at && !m.sends:
		return nil, errors.New("killed")
	case n == m.at:
		if response, err := m.next.RoundTrip(r); err == nil {
			_ = response.Body.Close()
		}
		return nil, errors.New("killed")
	}
	return m.next.RoundTrip(r)
}

// Whenever it is killed, the next run removes what it left.
func TestProbeIsKilledAtEveryRequest(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.Listener = nil
	before := l.registered()
	life, left := l.Transport, 0
	for _, sends := range []bool{false, true} {
		killed := true
		for at := int32(1); killed; at++ {
			m := &mortal{next: life, at: at, sends: sends}
			l.Transport = m
			_ = l.Run(t.Context(), func(doctor.Outcome) {})
			killed = m.n.Load() >= at
			left += len(l.registered()) - len(before)
			l.Transport = life
			if err := l.Run(t.Context(), func(doctor.Outcome) {}); err != nil {
				t.Fatal(err)
			}
			if after := l.registered(); !slices.Equal(before, after) {
				t.Fatalf("killed at request %d: left behind %q", at, after)
			}
		}
	}
	if left < 20 {
		t.Errorf("only %d webhooks were ever left behind: the test tries nothing", left)
	}
}

// An interrupt ends it, and it still deletes what it created.
func TestProbeIsInterrupted(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	before := l.registered()
	ctx, cancel := context.WithCancel(t.Context())
	var creates atomic.Int32
	l.Transport = edit{l.Transport, func(r *http.Request, body []byte, _ *http.Response) []byte {
		if r.Method == http.MethodPost && r.URL.Path == "/v1/webhooks" && creates.Add(1) == 2 {
			cancel()
		}
		return body
	}}
	untried := 0
	err := l.Run(ctx, func(o doctor.Outcome) {
		if o.Verdict == doctor.NotTried && o.Probe != "" {
			untried++
		}
	})
	if after := l.registered(); err != nil || untried == 0 || !slices.Equal(before, after) {
		t.Errorf("error %v, %d not tried, left behind %q", err, untried, after)
	}
}

// What can't be deleted is said.
func TestProbeSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.fake.FailNext(asctest.Fault{Operation: asctest.WebhooksDelete, Status: 503, Times: -1})
	err := l.Run(t.Context(), func(doctor.Outcome) {})
	if err == nil || !strings.Contains(err.Error(), "may be left behind") {
		t.Errorf("error %v", err)
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
