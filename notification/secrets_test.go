package notification_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestNothingLeaks sweeps for random canaries, the secret and parts of a
// notification, in everything that the package prints, logs and answers.
func TestNothingLeaks(t *testing.T) {
	secret, payload := rand.Text(), rand.Text()
	verifier := newVerifier(t, secret)
	var said bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	outcome := func() error { return nil }
	opts := []notification.Option{
		notification.WithLogger(logger),
		notification.WithTimeout(50 * time.Millisecond),
		notification.WithMalformed(func(_ context.Context, body []byte) error { return fmt.Errorf("%s", body) }),
		notification.WithDeduplicator(store(func(ctx context.Context, handle func(context.Context) error) error {
			return errors.Join(handle(ctx), outcome())
		})),
	}
	handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
		return outcome()
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}

	attributes := fmt.Sprintf(`{"marketplaceAppId":%q,"appId":%[1]q,"eventTimestamp":%[1]q}`, payload)
	known := fmt.Sprintf(`{"data":{"type":"AppUnavailable","version":1,"id":%q,"timestamp":%[1]q,"attributes":%s}}`, payload, attributes)
	bodies := []string{
		known,
		strings.Replace(known, "AppUnavailable", payload, 1),
		fmt.Sprintf(`{"data":{"type":%q}}`, payload),
		payload,
		known + payload,
	}
	outcomes := []func() error{
		func() error { return nil },
		func() error { return errors.New(payload) },
		func() error { panic(payload) },
		func() error { panic(errors.New(payload)) },
		func() error { time.Sleep(60 * time.Millisecond); return errors.New(payload) },
	}
	for _, body := range bodies {
		for _, outcome = range outcomes {
			for _, key := range []string{secret, payload} {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, signed(t, "/"+payload, key, []byte(body)))
				fmt.Fprintln(&said, w.Header(), w.Body)
			}
		}
		if _, err := notification.Decode([]byte(body)); err != nil {
			fmt.Fprintf(&said, "%v %+v %#v\n", err, err, err)
		}
	}
	for _, value := range []any{verifier, handler, opts, opts[0], struct{ v any }{verifier}, struct{ h notification.Handler }{*handler}} {
		fmt.Fprintf(&said, "%v %+v %#v %s %q %x\n", value, value, value, value, value, value)
		document, err := json.Marshal(value)
		fmt.Fprintln(&said, string(document), err)
		logger.Info("value", "value", value)
	}
	for _, header := range []string{payload, "hmacsha256=" + payload, notification.Sign([]byte(payload), nil)} {
		_, err := verifier.Verify([]byte(payload), header)
		fmt.Fprintf(&said, "%v %#v\n", err, err)
	}

	for name, canary := range map[string]string{"secret": secret, "payload": payload} {
		forms := []string{canary, fmt.Sprintf("%x", canary), strings.Trim(fmt.Sprint([]byte(canary)), "[]")}
		for _, form := range forms {
			if i := strings.Index(said.String(), form); i >= 0 {
				t.Errorf("the %s is in ...%.300s", name, said.String()[max(0, i-150):])
			}
		}
	}
	for _, reason := range []string{"handled", "function failed", "function too late", "deduplicator", "malformed", "mismatch", `"type":"unknown"`, `"type":"AppUnavailable"`} {
		if reason != "deduplicator" && !strings.Contains(said.String(), reason) {
			t.Errorf("nothing said of %s", reason)
		}
	}
}
