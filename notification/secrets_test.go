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
	"testing/synctest"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestNothingLeaks sweeps for random canaries, the secret and what is in a
// notification, in everything that the package prints, logs and responds.
func TestNothingLeaks(t *testing.T) { synctest.Test(t, testNothingLeaks) }

func testNothingLeaks(t *testing.T) {
	secret, payload := rand.Text(), rand.Text()
	verifier := newVerifier(t, secret)
	var said, observed bytes.Buffer // an outcome may hold the payload, but not the secret
	logger := slog.New(slog.NewJSONHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var outcome func(context.Context) error
	var commit error
	opts := []notification.Option{
		notification.WithLogger(logger),
		notification.WithObserver(func(_ context.Context, o notification.Outcome) {
			fmt.Fprintf(&observed, "%+v %+v %v\n", o, o.Notification, o.Err)
			fmt.Fprintln(&said, o.Kind, o.Status, o.Reason)
		}),
		notification.WithMalformed(func(_ context.Context, body []byte) error { return fmt.Errorf("%s", body) }),
		notification.WithDeduplicator(store(func(ctx context.Context, handle func(context.Context) error) error {
			return errors.Join(handle(ctx), commit)
		})),
	}
	handler, err := notification.NewHandler(verifier, func(ctx context.Context, _ *notification.Notification) error {
		return outcome(ctx)
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}

	attributes := fmt.Sprintf(`{"marketplaceAppId":%q,"appId":%[1]q,"eventTimestamp":%[1]q}`, payload)
	const form = `{"data":{"type":"AppUnavailable","version":1,"id":%q,"timestamp":%[1]q,"attributes":%s}}`
	known := fmt.Sprintf(form, payload, attributes)
	unknown := strings.Replace(known, "AppUnavailable", payload, 1)
	for _, body := range []string{known, unknown, fmt.Sprintf(`{"data":{"type":%q}}`, payload), payload, known + payload} {
		for _, outcome = range []func(context.Context) error{
			func(context.Context) error { return nil },
			func(context.Context) error { return errors.New(payload) },
			func(context.Context) error { panic(payload) },
			func(context.Context) error { panic(errors.New(payload)) },
			func(ctx context.Context) error { <-ctx.Done(); return errors.New(payload) },
		} {
			for _, commit = range []error{nil, errors.New(payload)} {
				for _, key := range []string{secret, payload} {
					w := httptest.NewRecorder()
					handler.ServeHTTP(w, signed(t, "/"+payload, key, []byte(body)))
					fmt.Fprintln(&said, w.Header(), w.Body)
				}
			}
		}
		_, err := notification.Decode([]byte(body))
		fmt.Fprintf(&said, "%v %+v %#v\n", err, err, err)
	}
	inside := []any{struct{ v any }{verifier}, struct{ h *notification.Handler }{handler}}
	for _, value := range append(inside, verifier, handler, opts, opts[0]) {
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
		decimal := strings.Trim(fmt.Sprintf("%d", []byte(canary)), "[]")
		for _, form := range []string{canary, fmt.Sprintf("%x", canary), decimal} {
			if i := strings.Index(said.String(), form); i >= 0 {
				t.Errorf("the %s is in ...%.300s", name, said.String()[max(0, i-150):])
			}
		}
	}
	if strings.Contains(observed.String(), secret) || !strings.Contains(observed.String(), payload) {
		t.Errorf("observed %.300s", &observed)
	}
	for _, word := range []string{
		"handled", "function failed", "function too late", "deduplicator failed", "malformed, not accepted",
		"signature mismatch",
		`"type":"unknown"`, `"type":"AppUnavailable"`, `"panic":"string"`, `"error":"*errors.errorString"`,
	} {
		if !strings.Contains(said.String(), word) {
			t.Errorf("nothing was said of %s", word)
		}
	}
}
