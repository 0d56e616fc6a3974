package doctor_test

// An account to probe, and what changes its traffic on the way.

import (
	"bytes"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/doctor"
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
		Account: doctor.Account{
			Key:     auth.KeyHint{KeyID: key.ID, IssuerID: key.IssuerID, File: (&patient{}).keyFile(t, key)},
			BaseURL: fake.URL, UserAgent: "test", AppID: appID, Transport: fake.Client().Transport,
		},
		URL: "http://" + listener.Addr().String() + "/hook", Listener: listener, Wait: 5 * time.Second,
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
	for _, x := range l.fake.Exchanges() {
		if strings.HasSuffix(x.Path, "/") {
			t.Errorf("%s %s: an ID is missing", x.Method, x.Path)
		}
		if x.Header.Get("User-Agent") != "test" || x.Header.Get("Accept") != "application/json" {
			t.Errorf("%s %s: %v", x.Method, x.Path, x.Header)
		}
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

// transport is a function that sends requests.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// edit changes the responses on the way.
type edit struct {
	next   http.RoundTripper
	change func(r *http.Request, body []byte, response *http.Response) []byte
}

func (e edit) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
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
