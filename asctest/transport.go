package asctest

// A RoundTripper that validates an importer's own traffic against the document.

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// Transport wraps next, or http.DefaultTransport if it is nil, and fails t when a request or a response breaks the
// OpenAPI document, naming operation, JSON pointer and rule but no value. The traffic itself passes unchanged: an
// error from RoundTrip might be retried, or be the one that a test expects. Not checked are a request that was not
// sent whole, a response that can't be read or exceeds 1 MiB, one that is corrupted by a Fault of this package, and
// the download of a package version.
func Transport(t TB, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	c, err := contract.Load()
	if err != nil {
		t.Fatalf("%v", err)
	}
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{t: t, next: next, document: c}
}

type transport struct {
	t        TB
	next     http.RoundTripper
	document *contract.Contract
}

func (tr *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if operation, _ := operationOf(tr.document, r); operation == Download {
		return tr.next.RoundTrip(r)
	}
	x := &contract.Exchange{Method: r.Method, URL: r.URL, Header: r.Header}
	if x.Method == "" {
		x.Method = http.MethodGet
	}
	sent := &sentBody{}
	response, err := tr.next.RoundTrip(sent.watch(r))
	if body, whole := sent.all(r.ContentLength); whole {
		x.Body = body
		tr.report(tr.document.CheckRequest(x))
	}
	if err != nil {
		return nil, err
	}
	if len(response.Header[faultHeader]) == 0 {
		tr.checkResponse(x, response)
	}
	return response, nil
}

// checkResponse reads the response's body and puts it back.
func (tr *transport) checkResponse(x *contract.Exchange, response *http.Response) {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	rest := io.Reader(response.Body)
	if err != nil {
		rest = failing{err}
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), response.Body}
	if err != nil || len(body) > maxBody {
		return
	}
	x.Status, x.ResponseHeader, x.Response = response.StatusCode, response.Header, body
	if sent, ok := contract.SentSecret(x.Body); ok {
		x.Secrets = append(x.Secrets, sent)
	}
	tr.report(tr.document.CheckResponse(x))
}

func (tr *transport) report(violations []*contract.Violation) {
	for _, v := range violations {
		tr.t.Errorf("asctest: %v", v)
	}
}

// failing repeats the error that ended a body.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// sentBody keeps what is sent of a body, which it leaves to the sender to read: a client may want to know whether
// that ever happened.
type sentBody struct {
	mu    sync.Mutex // a transport may still write when it has the answer
	bytes []byte
	whole bool
}

// watch returns r with s between its body and whoever sends it.
func (s *sentBody) watch(r *http.Request) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		s.whole = true
		return r
	}
	getBody := r.GetBody
	r = r.Clone(r.Context())
	r.Body = watchedBody{r.Body, s}
	if getBody != nil {
		r.GetBody = func() (io.ReadCloser, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.bytes, s.whole = nil, false // sent anew from the start
			body, err := getBody()
			return watchedBody{body, s}, err
		}
	}
	return r
}

// all returns the body and whether that is all of it: the server may answer before the sender has met the end of a
// body of known size.
func (s *sentBody) all(size int64) (body []byte, whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes, s.whole || size > 0 && int64(len(s.bytes)) == size
}

type watchedBody struct {
	io.ReadCloser
	sent *sentBody
}

func (b watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.sent.mu.Lock()
	defer b.sent.mu.Unlock()
	b.sent.bytes = append(b.sent.bytes, p[:n]...)
	b.sent.whole = errors.Is(err, io.EOF)
	return n, err
}
