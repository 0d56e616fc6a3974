package enginebench

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// The load: one receiver, and its senders in the same process.
const (
	connections = 64
	distinct    = 16_000
	copies      = 4_000
)

var secret = []byte("known to App Store Connect and to us")

type function = func(context.Context, *notification.Notification) error

// An engine is what a receiver keeps its notifications in.
type engine struct {
	function function
	options  []notification.Option
	stored   func() int
}

func BenchmarkEngines(b *testing.B) {
	for _, start := range []struct {
		name  string
		start func(*testing.B) engine
	}{
		{"memory", startMemory},
		{"sqlstore, SQLite", startSQLite},
		{"sqlstore, MariaDB", startMariaDB},
		{"sqlstore, PostgreSQL", startPostgreSQL},
		{"pgx", startPGX},
		{"pgx+river", startRiver},
		{"NATS", startNATS},
	} {
		b.Run(start.name, func(b *testing.B) { run(b, start.start(b)) })
	}
}

// run reports what the senders see, and fails unless each notification is stored once.
func run(b *testing.B, e engine) {
	url := newReceiver(b, e)
	var latencies []time.Duration
	sent := 0
	for b.Loop() {
		b.StopTimer()
		bodies := newBodies(b)
		b.StartTimer()
		latencies = append(latencies, sendAll(b, url, bodies)...)
		sent++
	}
	if got := e.stored(); got != sent*distinct {
		b.Errorf("%d are stored, want %d", got, sent*distinct)
	}
	slices.Sort(latencies)
	percentile := func(p int) float64 {
		return latencies[(len(latencies)-1)*p/100].Seconds() * 1000
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(latencies))/b.Elapsed().Seconds(), "per-second")
	b.ReportMetric(percentile(50), "p50-ms")
	b.ReportMetric(percentile(99), "p99-ms")
}

func newReceiver(b *testing.B, e engine) (url string) {
	b.Helper()
	verifier, err := notification.NewVerifier(secret)
	if err != nil {
		b.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, e.function,
		append(e.options, notification.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(handler)
	b.Cleanup(server.Close)
	return server.URL
}

func newBodies(b *testing.B) [][]byte {
	b.Helper()
	bodies := make([][]byte, 0, distinct+copies)
	for range distinct {
		body, err := json.Marshal(notification.New(&notification.AppUnavailable{MarketplaceAppID: "1", AppID: "2"}))
		if err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	bodies = append(bodies, bodies[:copies]...)
	rand.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	return bodies
}

// sendAll returns how long each response took.
func sendAll(b *testing.B, url string, bodies [][]byte) []time.Duration {
	latencies := make([]time.Duration, len(bodies))
	next := make(chan int, len(bodies))
	for i := range bodies {
		next <- i
	}
	close(next)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	var senders sync.WaitGroup
	for range connections {
		senders.Go(func() {
			for i := range next {
				begin := time.Now()
				if got := post(b, client, url, bodies[i]); got != http.StatusOK {
					b.Errorf("got %d", got)
					return
				}
				latencies[i] = time.Since(begin)
			}
		})
	}
	senders.Wait()
	return latencies
}

func post(b *testing.B, client *http.Client, url string, body []byte) int {
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		b.Error(err)
		return 0
	}
	request.Header.Set(notification.SignatureHeader, notification.Sign(secret, body))
	response, err := client.Do(request)
	if err != nil {
		b.Error(err)
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
