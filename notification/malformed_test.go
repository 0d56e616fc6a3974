package notification_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestMalformedHook: what came by HTTP and what Handle was given go to the same
// hook, with the values of their context.
func TestMalformedHook(t *testing.T) {
	const body = "not JSON"
	type key struct{}
	errDisk := errors.New("disk full")
	for _, test := range []struct {
		name   string
		result func() error
		status int
		err    error // of Handle, where it is known
	}{
		{"taken", func() error { return nil }, 200, nil},
		{"not taken", func() error { return errDisk }, 500, errDisk},
		{"panic", func() error { panic("hook") }, 500, nil},
	} {
		var got string
		var value any
		hook := notification.WithMalformed(func(ctx context.Context, raw []byte) error {
			got, value = string(raw), ctx.Value(key{})
			return test.result()
		})
		outcomes := make(chan notification.Outcome, 1)
		h := newHandler(t, takeAll, hook, observeTo(outcomes))
		ctx := context.WithValue(t.Context(), key{}, "the caller's")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, signed(t, "/", newSecret, []byte(body)).WithContext(ctx))
		if w.Code != test.status || got != body || value != "the caller's" {
			t.Errorf("%s: got %d, the hook %q with %v", test.name, w.Code, got, value)
		}
		<-outcomes
		got, value = "", nil
		err := h.Handle(ctx, []byte(body))
		if (err == nil) != (w.Code == http.StatusOK) || !errors.Is(err, test.err) && test.err != nil {
			t.Errorf("%s: Handle returned %v", test.name, err)
		}
		if got != body || value != "the caller's" {
			t.Errorf("%s: Handle gave the hook %q with %v", test.name, got, value)
		}
		if o := <-outcomes; o.Kind != notification.OutcomeMalformed || o.Status != 0 || !errors.Is(o.Err, err) {
			t.Errorf("%s: Handle was observed as %+v", test.name, o)
		}
	}
}

// TestMalformedWithoutHook: Handle's error says so.
func TestMalformedWithoutHook(t *testing.T) {
	outcomes := make(chan notification.Outcome, 1)
	h := newHandler(t, takeAll, observeTo(outcomes))
	if err := h.Handle(t.Context(), []byte("not JSON")); !errors.Is(err, notification.ErrMalformed) {
		t.Errorf("got %v", err)
	}
	o := <-outcomes
	malformed := errors.Is(o.Err, notification.ErrMalformed)
	if o.Kind != notification.OutcomeMalformed || o.Status != 0 || !malformed {
		t.Errorf("observed %+v", o)
	}
}

// TestSenderLeavesTheMalformedHook: the hook, too, finishes undisturbed.
func TestSenderLeavesTheMalformedHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var finished atomic.Int64
		hook := notification.WithMalformed(func(ctx context.Context, _ []byte) error {
			select {
			case <-time.After(5 * time.Second):
				finished.Add(1)
			case <-ctx.Done():
			}
			return ctx.Err()
		})
		client, _, stop := serve(t, newHandler(t, takeAll, hook))
		hangUp(t, client, []byte("not JSON"), time.Second)
		stop()
		if finished.Load() != 1 {
			t.Error("the hook was stopped when the sender left")
		}
	})
}
