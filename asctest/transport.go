package asctest

// A RoundTripper that holds an importer's own traffic against the document.

import (
	"bytes"
	"io"
	"net/http"
)

// Transport wraps next, or http.DefaultTransport if it is nil, and fails t
// when a request or an answer breaks the document, naming operation, JSON
// pointer and rule but no value. The traffic itself passes unchanged: an
// error from RoundTrip would be retried or expected away, t.Errorf is not.
// Answers that can't be read, or that exceed 1 MiB, pass without judgement.
func Transport(t TB, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	c, err := document()
	if err != nil {
		t.Fatalf("%v", err)
	}
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{t: t, next: next, contract: c}
}

type transport struct {
	t        TB
	next     http.RoundTripper
	contract *contract
}

func (tr *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	x := &exchange{method: r.Method, url: r.URL, header: r.Header}
	if x.method == "" {
		x.method = http.MethodGet
	}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = http.NoBody
		if len(body) > 0 {
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		x.body = body
	}
	for _, err := range tr.contract.checkRequest(x) {
		tr.t.Errorf("asctest: %v", err)
	}
	response, err := tr.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	tr.checkAnswer(x, response)
	return response, nil
}

// checkAnswer reads the answer's body and puts it back.
func (tr *transport) checkAnswer(x *exchange, response *http.Response) {
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
	x.status, x.answerHeader, x.answer = response.StatusCode, response.Header, body
	if sent, ok := sentSecret(x.body); ok {
		x.secrets = append(x.secrets, sent)
	}
	for _, err := range tr.contract.checkAnswer(x) {
		tr.t.Errorf("asctest: %v", err)
	}
}

// failing repeats the error that ended a body.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
