// Package storetest holds what every store that remembers notifications
// promises, as one table of tests. A module that tests a store imports it.
package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// Effects is the table of a function's effects. It has no unique ID, so
// an effect that happens twice has two rows.
const Effects = `CREATE TABLE effects (id VARCHAR(512) NOT NULL)`

// A Store is a Deduplicator that forgets when it is told to.
type Store interface {
	notification.Deduplicator
	Prune(ctx context.Context, before time.Time) (int64, error)
}

// A Database is a new one, with the store's schema and [Effects].
type Database struct {
	NewStore func(tb testing.TB, service string) (Store, error) // on a pool of its own, as a replica's
	Effect   func(ctx context.Context, id string) error         // in the transaction of ctx
	Rollback func(ctx context.Context) error                    // of that transaction
	Exec     func(tb testing.TB, statement string)
	Count    func(tb testing.TB, query string) int
	Row      func(service, id string, handled time.Time) string // of handled_notifications, as VALUES has it
	Protect  string                                             // a trigger: the row with the ID second1 can't be deleted
}

// secret is what the receivers know.
var secret = []byte("known to App Store Connect and to us")

// Function is what a handler calls.
type Function = func(context.Context, *notification.Notification) error

// Write is the function of most tests: one row in the transaction.
func (d Database) Write(ctx context.Context, n *notification.Notification) error {
	return d.Effect(ctx, n.ID)
}

// Store returns a new one, of the service that most tests have.
func (d Database) Store(tb testing.TB) Store {
	tb.Helper()
	store, err := d.NewStore(tb, "service")
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// EffectsAre checks that there are so many effects, none of them twice.
func (d Database) EffectsAre(tb testing.TB, want int) {
	tb.Helper()
	all := d.Count(tb, `SELECT count(*) FROM effects`)
	distinct := d.Count(tb, `SELECT count(DISTINCT id) FROM effects`)
	if all != want || distinct != want {
		tb.Errorf("%d effects of %d notifications, want %d", all, distinct, want)
	}
}

// Receive starts a receiver and returns its URL.
func Receive(tb testing.TB, store notification.Deduplicator, f Function, options ...notification.Option) string {
	tb.Helper()
	handler, err := NewHandler(store, f, options...)
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewServer(handler)
	tb.Cleanup(server.Close)
	return server.URL
}

// NewHandler returns one that takes what [Post] sends.
func NewHandler(store notification.Deduplicator, f Function, options ...notification.Option) (http.Handler, error) {
	verifier, err := notification.NewVerifier(secret)
	if err != nil {
		return nil, err
	}
	return notification.NewHandler(verifier, f, append([]notification.Option{
		notification.WithLogger(slog.New(slog.DiscardHandler)), notification.WithDeduplicator(store),
	}, options...)...)
}

// NewBodies returns notifications like no other.
func NewBodies(tb testing.TB, number int) (bodies [][]byte) {
	tb.Helper()
	for range number {
		body, err := json.Marshal(notification.New(&notification.AppUnavailable{MarketplaceAppID: "1", AppID: "2"}))
		if err != nil {
			tb.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

// Post returns the status, or 0 if there is no response.
func Post(tb testing.TB, client *http.Client, url string, body []byte) int {
	request, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		tb.Error(err)
		return 0
	}
	request.Header.Set(notification.SignatureHeader, notification.Sign(secret, body))
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode
}

// PostAll posts all at once and returns how many got each status.
func PostAll(tb testing.TB, bodies [][]byte, url func(i int) string) map[int]int {
	var mu sync.Mutex
	statuses := map[int]int{}
	var senders sync.WaitGroup
	for i, body := range bodies {
		senders.Go(func() {
			status := Post(tb, http.DefaultClient, url(i), body)
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	senders.Wait()
	return statuses
}

// insert adds rows to handled_notifications.
func (d Database) insert(tb testing.TB, number int, service, prefix string, handled time.Time) {
	tb.Helper()
	rows := make([]string, number)
	for i := range rows {
		rows[i] = d.Row(service, fmt.Sprint(prefix, i), handled)
	}
	d.Exec(tb, `INSERT INTO handled_notifications (service, id, body_hash, handled_at) VALUES `+strings.Join(rows, ","))
}
