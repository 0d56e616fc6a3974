package notification_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// FuzzDecode: whatever the bytes, they are refused as malformed or kept as they
// are, and a known event survives being sent on.
func FuzzDecode(f *testing.F) {
	for _, body := range fixtures(f) {
		f.Add(body)
	}
	f.Add([]byte(`{"data":{"type":"AppUnavailable","version":1,"id":"1","timestamp":7,"attributes":[]}}`))
	f.Add([]byte(`{"data":{"type":"new","id":"1"}} `))
	f.Add([]byte(`{"data":{"type":"webhookPings","id":"1"}}`))
	f.Add([]byte(`{"data":{"type":"new","id":"1",
		"attributes":{"ping":true,"timestamp":"2025-06-09T10:09:30.123456789+01:00"}}}`))
	f.Add([]byte(`{"data":{"type":"buildUploadStateUpdated","id":"1",
		"attributes":{"oldState":"PROCESSING","newState":"COMPLETE"},
		"relationships":{"instance":{"id":"flat","data":{"id":"nested"}}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := notification.Decode(body)
		if err != nil {
			if n != nil || !errors.Is(err, notification.ErrMalformed) {
				t.Fatalf("got %+v, %v", n, err)
			}
			return
		}
		if n.ID == "" || n.Type == "" || !bytes.Equal(n.Raw, body) || !json.Valid(body) {
			t.Fatalf("got %+v", n)
		}
		if _, err := json.Marshal(n); err != nil {
			t.Fatalf("as received: %v", err)
		}
		if n.Event == nil {
			return
		}
		n.Raw = nil
		sent, err := json.Marshal(n)
		if err != nil {
			t.Fatalf("as understood: %v", err)
		}
		again, err := notification.Decode(sent)
		if err != nil {
			t.Fatal(err)
		}
		resent, err := json.Marshal(again)
		if err != nil || !bytes.Equal(resent, sent) {
			t.Fatalf("sent %s, then %s (%v)", sent, resent, err)
		}
		if reflect.TypeOf(again.Event) != reflect.TypeOf(n.Event) || again.ID != n.ID || again.Type != n.Type {
			t.Fatalf("sent %+v, got %+v", n, again)
		}
	})
}
