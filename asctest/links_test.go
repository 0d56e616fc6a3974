package asctest

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestLinksNameWhatWasCalled: over TLS, or over what a proxy on this machine took off.
func TestLinksNameWhatWasCalled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		remote, forwarded string
		tls               bool
		want              string
	}{
		{"127.0.0.1:1", "", false, "http://sandbox:8080/v1"},
		{"127.0.0.1:1", "https", false, "https://sandbox:8080/v1"},
		{"[::1]:1", "https", false, "https://sandbox:8080/v1"},
		{"192.0.2.1:1", "https", false, "http://sandbox:8080/v1"},
		{"", "https", false, "http://sandbox:8080/v1"},
		{"127.0.0.1:1", "ftp", false, "http://sandbox:8080/v1"},
		{"192.0.2.1:1", "http", true, "https://sandbox:8080/v1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/v1", nil)
		r.Host, r.RemoteAddr = "sandbox:8080", test.remote
		r.Header.Set("X-Forwarded-Proto", test.forwarded)
		if test.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if got := (&call{request: r}).link("/v1"); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

// TestTransportTakesWhatOthersReturn: no body is an empty one, and neither response nor error is an error.
func TestTransportTakesWhatOthersReturn(t *testing.T) {
	t.Parallel()
	var response *http.Response
	seen := &failures{TB: t}
	transport := Transport(seen, roundTripper(func(*http.Request) (*http.Response, error) { return response, nil }))
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+collectionPath, nil)
	got, err := transport.RoundTrip(r) //nolint:bodyclose // there is none
	if got != nil || err == nil || !strings.Contains(err.Error(), "neither a response nor an error") {
		t.Errorf("%v, %v", got, err)
	}
	response = &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}}
	if got, err = transport.RoundTrip(r); err != nil || got.Body == nil {
		t.Fatalf("%v, %v", got, err)
	}
	_ = got.Body.Close()
}

// TestCloseEndsWhatIsBeingSent: whoever sends a notification doesn't wait for its time-out.
func TestCloseEndsWhatIsBeingSent(t *testing.T) {
	t.Parallel()
	arrived, end := make(chan struct{}), make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived); <-end }))
	defer receiver.Close()
	defer close(end)
	h := quiet(t, MarketplaceWebhook{ID: "m", EndpointURL: receiver.URL, Secret: "first"})
	signed, err := h.SignBytes("m", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-arrived; _ = h.Close() }()
	d, err := signed[0].Send(t.Context())
	if !errors.Is(err, context.Canceled) || d.State != failed {
		t.Errorf("%v, %+v", err, d)
	}
}
