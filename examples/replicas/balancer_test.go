package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// A balancer posts what arrives to the replicas in turn, and to the next one where it can't reach one.
type balancer struct {
	url   string
	mu    sync.Mutex
	addrs []string
}

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

func (b *balancer) add(addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.addrs, addr) {
		b.addrs = append(b.addrs, addr)
	}
}

// turn returns the replicas in the order in which to try them.
func (b *balancer) turn() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.addrs) > 0 {
		b.addrs = append(b.addrs[1:], b.addrs[0])
	}
	return slices.Clone(b.addrs)
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	for _, addr := range b.turn() {
		request := r.Clone(r.Context())
		request.URL.Scheme, request.URL.Host, request.Body = "http", addr, io.NopCloser(bytes.NewReader(body))
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		w.WriteHeader(response.StatusCode)
		return
	}
	w.WriteHeader(http.StatusBadGateway)
}
