package notification_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// statusCalls counts calls of WriteHeader: adapters to other servers, such as
// those for AWS Lambda, see no status without one.
type statusCalls struct {
	*httptest.ResponseRecorder
	statuses []int
}

func (w *statusCalls) WriteHeader(status int) {
	w.statuses = append(w.statuses, status)
	w.ResponseRecorder.WriteHeader(status)
}

func TestSuccessWritesItsStatus(t *testing.T) {
	w := &statusCalls{ResponseRecorder: httptest.NewRecorder()}
	newHandler(t, takeAll).ServeHTTP(w, signed(t, "/", newSecret, fixtures(t)["app_unavailable.json"]))
	if len(w.statuses) != 1 || w.statuses[0] != http.StatusOK {
		t.Errorf("WriteHeader was called with %v, want 200 once", w.statuses)
	}
}

// TestRequestWithoutBody: http.NewRequest leaves Body nil, and no server stands in between.
func TestRequestWithoutBody(t *testing.T) {
	for signature, want := range map[string]int{notification.Sign([]byte(newSecret), nil): 500, "": 401} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.ProtoMajor = 2
		r.Header.Set(notification.SignatureHeader, signature)
		w := httptest.NewRecorder()
		newHandler(t, takeAll).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("got %d, want %d as for an empty body", w.Code, want)
		}
	}
}

// TestConnectionAfterRefusal: HTTP/1 closes the connection of a body that was
// not read; on HTTP/2 that would close it for everybody who shares it.
func TestConnectionAfterRefusal(t *testing.T) {
	for proto, want := range map[int]string{1: "close", 2: ""} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.ProtoMajor = proto
		w := httptest.NewRecorder()
		newHandler(t, takeAll).ServeHTTP(w, r)
		if got := w.Header().Get("Connection"); got != want {
			t.Errorf("HTTP/%d: Connection is %q, want %q", proto, got, want)
		}
	}
}
