package wrapper_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// newClient is wrapper.NewClient for arguments that are right.
func newClient(tb testing.TB, tokens wrapper.TokenSource, opts ...wrapper.Option) *wrapper.Client {
	tb.Helper()
	client, err := wrapper.NewClient(tokens, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// over has requests go through transport.
func over(transport http.RoundTripper) wrapper.Option {
	return wrapper.WithHTTPClient(&http.Client{Transport: transport})
}

// transportClient is a client whose requests go to rt.
func transportClient(tb testing.TB, rt roundTripper, opts ...wrapper.Option) *wrapper.Client {
	return newClient(tb, fixedToken("token"), append(opts, over(rt))...)
}

// canned responds to every request with the same bytes and as few allocations
// as an http.RoundTripper can, so that what is measured is the caller.
type canned struct {
	status int
	header http.Header
	body   string
}

func (c *canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		StatusCode: c.status, ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: c.header, ContentLength: int64(len(c.body)), Body: newCannedBody(c.body),
	}, nil
}

type cannedBody struct{ strings.Reader }

func (*cannedBody) Close() error { return nil }

func newCannedBody(s string) *cannedBody { b := new(cannedBody); b.Reset(s); return b }

func newCanned(status int, body string) *canned {
	return &canned{status, http.Header{
		"Content-Type": {"application/json"},
		"X-Rate-Limit": {"user-hour-lim:3500;user-hour-rem:500;"},
	}, body}
}

const resource = `{"type":"marketplaceWebhooks","id":"c74970b8-6be0-40fa-8f51-8e1532005635",` +
	`"attributes":{"endpointUrl":"https://example.com/api/ingest/notifications"},` +
	`"links":{"self":"https://api.appstoreconnect.apple.com` +
	`/v1/marketplaceWebhooks/c74970b8-6be0-40fa-8f51-8e1532005635"}}`

const listLinks = `"links":{"self":"https://api.appstoreconnect.apple.com/v1/marketplaceWebhooks"}`

func cannedList() *canned {
	return newCanned(http.StatusOK, `{"data":[`+resource+`],`+listLinks+`,"meta":{"paging":{"total":1,"limit":50}}}`)
}

func cannedCreate() *canned {
	return newCanned(http.StatusCreated, `{"data":`+resource+`,`+listLinks+`}`)
}

func cannedClient(tb testing.TB, response *canned, opts ...wrapper.Option) *wrapper.Client {
	return transportClient(tb, response.RoundTrip, opts...)
}

// sentRequest is what reached the transport.
type sentRequest struct{ Method, URL, Body string }

// scripted returns a client to whose requests respond responds, and what was sent.
func scripted(
	t testing.TB, respond func(n int, sent sentRequest) (status int, body string), opts ...wrapper.Option,
) (*wrapper.Client, *[]sentRequest) {
	t.Helper()
	var all []sentRequest
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		var body []byte
		if req.Body != nil {
			body, _ = io.ReadAll(req.Body)
		}
		sent := sentRequest{req.Method, req.URL.String(), string(body)}
		all = append(all, sent)
		status, response := respond(len(all), sent)
		header := http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}
		if status == http.StatusNoContent {
			header.Del("Content-Type")
		}
		return &http.Response{
			StatusCode: status, Header: header, Request: req, ContentLength: int64(len(response)),
			Body: io.NopCloser(bytes.NewReader([]byte(response))),
		}, nil
	})
	opts = append([]wrapper.Option{over(transport), quick}, opts...)
	client := newClient(t, fixedToken("token"), opts...)
	return client, &all
}

func always(status int, body string) func(int, sentRequest) (int, string) {
	return func(int, sentRequest) (int, string) { return status, body }
}

// countingServer responds with nothing useful and counts what reaches it.
func countingServer(t testing.TB) (*wrapper.Client, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	t.Cleanup(server.Close)
	client := newClient(t, fixedToken("token"), wrapper.WithBaseURL(server.URL), once)
	return client, &requests
}

// bodiless responds with a status and a nil Body, as mocks do.
func bodiless(status int, sent *int) roundTripper {
	return func(req *http.Request) (*http.Response, error) {
		*sent++
		header := http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}
		return &http.Response{StatusCode: status, Header: header, Request: req}, nil
	}
}

// account is a fake without a network: requests go straight to its handler,
// unless intercept wants to deal with one.
type account struct {
	*asctest.Handler
	intercept func(req *http.Request) (*http.Response, error) // neither: not intercepted
}

func (a *account) client(t *testing.T, opts ...wrapper.Option) *wrapper.Client {
	t.Helper()
	tokens, err := auth.NewTokenSource(auth.Key(a.Key()))
	if err != nil {
		t.Fatal(err)
	}
	opts = append([]wrapper.Option{over(a)}, opts...)
	client := newClient(t, tokens, opts...)
	return client
}

func (a *account) RoundTrip(req *http.Request) (*http.Response, error) {
	if a.intercept != nil {
		if resp, err := a.intercept(req); resp != nil || err != nil {
			return resp, err
		}
	}
	return a.serve(req), nil
}

// serve carries the request out.
func (a *account) serve(req *http.Request) *http.Response {
	received := req.Clone(req.Context())
	received.RequestURI, received.Body = req.URL.RequestURI(), http.NoBody
	if req.Body != nil {
		body, _ := io.ReadAll(req.Body)
		received.Body = io.NopCloser(bytes.NewReader(body))
	}
	recorder := httptest.NewRecorder()
	a.ServeHTTP(recorder, received)
	return recorder.Result()
}

func newAccount(t *testing.T, opts ...asctest.Option) *account {
	t.Helper()
	fake, err := asctest.New(append(opts, asctest.Settings{RateLimit: 1 << 20})...)
	if err != nil {
		t.Fatal(err)
	}
	return &account{Handler: fake}
}

type fixedToken string

func (t fixedToken) Token(context.Context) (string, error) { return string(t), nil }

type tokenFunc func() string

func (f tokenFunc) Token(context.Context) (string, error) { return f(), nil }

type failingSource struct{ err error }

func (s failingSource) Token(context.Context) (string, error) { return "", s.err }
