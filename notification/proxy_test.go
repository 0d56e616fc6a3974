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
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestBehindHTTP2Proxy sends genuine and unsigned requests through a proxy that
// shares one HTTP/2 connection between all of them: refusing the unsigned ones
// must not cost a genuine one its connection.
func TestBehindHTTP2Proxy(t *testing.T) {
	receiver := httptest.NewUnstartedServer(newHandler(t, takeAll))
	receiver.Config.Protocols = new(http.Protocols)
	receiver.Config.Protocols.SetUnencryptedHTTP2(true)
	receiver.Start()
	defer receiver.Close()
	target, err := url.Parse(receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Protocols: receiver.Config.Protocols}
	defer transport.CloseIdleConnections()
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:    transport,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	defer proxy.Close()

	const senders, each = 8, 50
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
