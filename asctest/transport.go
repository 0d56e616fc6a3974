package asctest

// A RoundTripper that validates an importer's own traffic against the document.

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing/iotest"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// Transport wraps next, or http.DefaultTransport if it is nil, and fails t when a request or a response breaks the
// OpenAPI document, naming operation, JSON pointer and rule but no value. The traffic itself passes unchanged: an
// error from RoundTrip might be retried, or be the one that a test expects. Not checked are a request that was not
// sent whole at the first attempt, a response that can't be read or exceeds 1 MiB, one that is corrupted by a Fault
// of this package, and the download of a package version.
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
	x := &contract.Exchange{Method: cmp.Or(r.Method, http.MethodGet), URL: r.URL, Header: r.Header}
	sent := &sentBody{ReadCloser: r.Body, whole: r.Body == nil || r.Body == http.NoBody}
	if !sent.whole {
		r = r.Clone(r.Context())
		r.Body = sent
	}
	response, err := tr.next.RoundTrip(r)
	if body, whole := sent.all(r.ContentLength); whole {
		x.Body = body
		tr.report(tr.document.CheckRequest(x))
	}
	switch {
	case err != nil:
		return nil, err
	case response == nil:
		return nil, errors.New("asctest: the wrapped transport returned neither a response nor an error")
	case response.Body == nil:
		response.Body = http.NoBody
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
		rest = iotest.ErrReader(err)
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), response.Body}
	if err != nil || len(body) > maxBody {
		return
	}
	x.Status, x.ResponseHeader, x.Response = response.StatusCode, response.Header, body
	tr.report(tr.document.CheckResponse(x))
}

func (tr *transport) report(violations []*contract.Violation) {
	for _, v := range violations {
		tr.t.Errorf("asctest: %v", v)
	}
}

// sentBody keeps what is sent of a body, which it leaves to the sender to read: a client may want to know whether
// that ever happened.
type sentBody struct {
	io.ReadCloser
	mu    sync.Mutex // a transport may still write when it has the response
	bytes []byte
	whole bool
}

func (s *sentBody) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes = append(s.bytes, p[:n]...)
	s.whole = errors.Is(err, io.EOF)
	return n, err
}

// all returns the body and whether that is all of it: the server may respond before the sender has met the end of
// a body of known size.
func (s *sentBody) all(size int64) (body []byte, whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes, s.whole || size > 0 && int64(len(s.bytes)) == size
}
