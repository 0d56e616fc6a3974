package storetest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// Run tests a store. open makes a new database.
func Run(t *testing.T, open func(testing.TB) Database) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Database)
	}{
		{"a function that fails is called again", testFailures},
		{"the function's context is that of Once", testContext},
		{"300 at once", testAtOnce},
		{"64 copies at two replicas", testCopies},
		{"IDs are told apart", testIDs},
		{"two services share a table", testServices},
		{"another body under a known ID", testOtherBody},
		{"Prune", testPrune},
		{"Prune tells what it did before an error", testPruneFails},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func testFailures(t *testing.T, d Database) {
	store := d.Store(t) // one, so that its pool has a connection to try again with
	calls, effects := 0, 0
	for _, test := range []struct {
		name   string
		status int
		first  Function
	}{
		{"an error", http.StatusInternalServerError, func(ctx context.Context, n *notification.Notification) error {
			return errors.Join(d.Write(ctx, n), errors.New("after the effect"))
		}},
		{"a panic", http.StatusInternalServerError, func(ctx context.Context, n *notification.Notification) error {
			panic(d.Write(ctx, n))
		}},
		{"a rollback of its own", http.StatusServiceUnavailable,
			func(ctx context.Context, n *notification.Notification) error {
				return errors.Join(d.Write(ctx, n), d.Rollback(ctx))
			}},
	} {
		calls = 0
		url := Receive(t, store, func(ctx context.Context, n *notification.Notification) error {
			if calls++; calls == 1 {
				return test.first(ctx, n)
			}
			return d.Write(ctx, n)
		})
		body := NewBodies(t, 1)[0]
		if got := Post(t, http.DefaultClient, url, body); got != test.status {
			t.Errorf("%s: got %d, want %d", test.name, got, test.status)
		}
		d.EffectsAre(t, effects)
		for range 2 {
			if got := Post(t, http.DefaultClient, url, body); got != http.StatusOK {
				t.Errorf("%s, again: got %d", test.name, got)
			}
		}
		effects++
		d.EffectsAre(t, effects)
		if calls != 2 {
			t.Errorf("%s: %d calls, want the one that failed and one more", test.name, calls)
		}
	}
}

func testContext(t *testing.T, d Database) {
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	failure := errors.New("of the function")
	err := d.Store(t).Once(ctx, &notification.Notification{ID: "1"}, func(ctx context.Context) error {
		if ctx.Value(key{}) != "value" {
			t.Error("the context's values are lost")
		}
		cancel()
		if ctx.Err() == nil {
			t.Error("the context does not end with that of Once")
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v, want the function's error", err)
	}
}

func testAtOnce(t *testing.T, d Database) {
	const number = 300
	url := Receive(t, d.Store(t), d.Write)
	statuses := PostAll(t, NewBodies(t, number), func(int) string { return url })
	if statuses[http.StatusOK] != number {
		t.Errorf("got %v", statuses)
	}
	d.EffectsAre(t, number)
}

func testCopies(t *testing.T, d Database) {
	const copies, failures = 64, 3
	var calls atomic.Int32
	failing := func(ctx context.Context, n *notification.Notification) error {
		if err := d.Write(ctx, n); err != nil || calls.Add(1) > failures {
			return err
		}
		return errors.New("after the effect")
	}
	urls := []string{Receive(t, d.Store(t), failing), Receive(t, d.Store(t), failing)}
	bodies := make([][]byte, copies)
	body := NewBodies(t, 1)[0]
	for i := range bodies {
		bodies[i] = body
	}
	statuses := PostAll(t, bodies, func(i int) string { return urls[i%2] })
	if statuses[http.StatusOK] != copies-failures || statuses[http.StatusInternalServerError] != failures {
		t.Errorf("got %v", statuses)
	}
	d.EffectsAre(t, 1)
	if got := calls.Load(); got != failures+1 {
		t.Errorf("%d calls, want %d", got, failures+1)
	}
}

func testIDs(t *testing.T, d Database) {
	longest := strings.Repeat("7", 511)
	store := d.Store(t)
	for _, id := range []string{
		"a", "A", "a ", " a", "ä", "a\u0308", "é", "e", "😀", "😁", "\uffff", `'\"`, "%", "_", longest + "1", longest + "2",
	} {
		calls := 0
		for range 2 {
			err := store.Once(t.Context(), &notification.Notification{ID: id}, func(context.Context) error {
				calls++
				return nil
			})
			if err != nil {
				t.Errorf("%q: %v", id, err)
			}
		}
		if calls != 1 {
			t.Errorf("%q: %d calls, want 1", id, calls)
		}
	}
}

func testServices(t *testing.T, d Database) {
	calls := map[string]int{}
	for range 2 {
		for _, service := range []string{"catalogue", "Catalogue", "chat"} {
			store, err := d.NewStore(t, service)
			if err != nil {
				t.Fatal(err)
			}
			err = store.Once(t.Context(), &notification.Notification{ID: "1"}, func(context.Context) error {
				calls[service]++
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	if len(calls) != 3 || calls["catalogue"] != 1 || calls["Catalogue"] != 1 || calls["chat"] != 1 {
		t.Errorf("got %v, want each service once", calls)
	}
	if _, err := d.NewStore(t, ""); err == nil {
		t.Error("an empty name was taken")
	}
}

func testOtherBody(t *testing.T, d Database) {
	var mu sync.Mutex
	var outcomes []notification.Outcome
	url := Receive(t, d.Store(t), d.Write, notification.WithObserver(func(_ context.Context, o notification.Outcome) {
		mu.Lock()
		defer mu.Unlock()
		outcomes = append(outcomes, o)
	}))
	body := NewBodies(t, 1)[0]
	other := append([]byte(" "), body...)
	for _, body := range [][]byte{body, body, other, body} {
		if got := Post(t, http.DefaultClient, url, body); got != http.StatusOK {
			t.Errorf("got %d", got)
		}
	}
	for i, differs := range []bool{false, false, true, false} {
		if got := errors.Is(outcomes[i].Err, notification.ErrOtherBody); got != differs {
			t.Errorf("post %d: %s, %v", i, outcomes[i].Reason, outcomes[i].Err)
		}
		if i > 0 && outcomes[i].Kind != notification.OutcomeDuplicate {
			t.Errorf("post %d: %s", i, outcomes[i].Kind)
		}
	}
	d.EffectsAre(t, 1)
}
