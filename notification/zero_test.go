package notification_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestZeroHandlerRefuses: it has no secret, so nothing is genuine.
func TestZeroHandlerRefuses(t *testing.T) {
	w := httptest.NewRecorder()
	new(notification.Handler).ServeHTTP(w, signed(t, "/", newSecret, fixtures(t)["app_unavailable.json"]))
	if w.Code/100 != 4 {
		t.Errorf("got %d, want a refusal", w.Code)
	}
}

// TestNilEvents: a nil pointer in the interface is no event.
func TestNilEvents(t *testing.T) {
	var e *notification.AppUnavailable
	if body, err := notification.New(e).MarshalJSON(); err == nil {
		t.Errorf("got %s", body)
	}
	n := notification.New(events()[2])
	n.Event = e
	if body, err := n.MarshalJSON(); err == nil {
		t.Errorf("got %s", body)
	}
}

func TestNilVerifierRefuses(t *testing.T) {
	var v *notification.Verifier
	if i, err := v.Verify(nil, notification.Sign([]byte("secret"), nil)); i != -1 || err == nil {
		t.Errorf("got %d, %v", i, err)
	}
}

func TestNewHandlerRefusesNils(t *testing.T) {
	var nilStore store
	var nilInbox *inbox
	for name, opt := range map[string]notification.Option{
		"option":               nil,
		"deduplicator, a func": notification.WithDeduplicator(nilStore),
		"deduplicator, typed":  notification.WithDeduplicator(nilInbox),
		"logger":               notification.WithLogger((*slog.Logger)(nil)),
	} {
		if h, err := notification.NewHandler(newVerifier(t, "secret"), takeAll, opt); h != nil || err == nil {
			t.Errorf("nil %s: got %v, %v", name, h, err)
		}
	}
}
