package notification_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// serveHTTP2 starts a receiver that takes everything, on HTTP/2 without TLS, as
// a proxy in front of it may use it.
func serveHTTP2(t *testing.T) (transport *http.Transport, url string) {
	t.Helper()
	receiver := httptest.NewUnstartedServer(newHandler(t, takeAll))
	receiver.Config.Protocols = new(http.Protocols)
	receiver.Config.Protocols.SetUnencryptedHTTP2(true)
	receiver.Start()
	t.Cleanup(receiver.Close)
	transport = &http.Transport{Protocols: receiver.Config.Protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return transport, receiver.URL
}

// TestHTTP2BodyIsReceived: a refused body is received to its end. A server that
// resets the stream costs HAProxy the connection, and the genuine notifications on it.
func TestHTTP2BodyIsReceived(t *testing.T) {
	transport, url := serveHTTP2(t)
	const size = 4 << 20 // more than the windows of HTTP/2 hold
	for name, test := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"method":          {func(r *http.Request) { r.Method = http.MethodPut }, 405},
		"no signature":    {func(r *http.Request) { r.Header.Del(notification.SignatureHeader) }, 401},
		"encoding":        {func(r *http.Request) { r.Header.Set("Content-Encoding", "br") }, 415},
		"declared size":   {func(*http.Request) {}, 413},
		"undeclared size": {func(r *http.Request) { r.ContentLength = -1 }, 413},
	} {
		r := signed(t, url, newSecret, make([]byte, size))
		body := &countingReader{Reader: r.Body}
		r.Body = io.NopCloser(body)
		test.change(r)
		status, _ := send(t, &http.Client{Transport: transport}, r)
		if sent := body.n.Load(); status != test.status || sent != size {
			t.Errorf("%s: got %d after %d bytes of %d, want %d", name, status, sent, size, test.status)
		}
	}
}

type countingReader struct {
	io.Reader
	n atomic.Int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n.Add(int64(n))
	return n, err
}

// TestBehindHTTP2Proxy sends genuine and unsigned requests through a proxy that
// shares one HTTP/2 connection between all of them: refusing the unsigned ones
// must not cost a genuine one its connection.
func TestBehindHTTP2Proxy(t *testing.T) {
	transport, receiver := serveHTTP2(t)
	target, err := url.Parse(receiver)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:    transport,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	defer proxy.Close()

	const senders, each = 8, 10
	var mu sync.Mutex
	genuine, unsigned := map[int]int{}, map[int]int{}
	count := func(statuses map[int]int, status int) {
		mu.Lock()
		defer mu.Unlock()
		statuses[status]++
	}
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for range each {
				body, err := json.Marshal(notification.New(events()[0]))
				if err != nil {
					t.Error(err)
					return
				}
				count(genuine, deliver(t, proxy.Client(), proxy.URL, newSecret, body))
			}
		})
		wg.Go(func() {
			for range each {
				r, err := http.NewRequest(http.MethodPost, proxy.URL, strings.NewReader("{}"))
				if err != nil {
					t.Error(err)
					return
				}
				response, err := proxy.Client().Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				count(unsigned, response.StatusCode)
			}
		})
	}
	wg.Wait()
	if genuine[http.StatusOK] != senders*each {
		t.Errorf("genuine notifications by status: %v, want all %d to be 200", genuine, senders*each)
	}
	if unsigned[http.StatusUnauthorized] != senders*each {
		t.Errorf("unsigned requests by status: %v, want all %d to be 401", unsigned, senders*each)
	}
}
