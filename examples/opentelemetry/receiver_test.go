package opentelemetry_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ascmarketplace/webhooks/examples/opentelemetry"
	"github.com/ascmarketplace/webhooks/notification"
)

type handleFunc = func(context.Context, *notification.Notification) error

// A watched receiver's spans and metrics stay in memory.
type watched struct {
	*opentelemetry.Receiver
	metrics
	secret []byte
	spans  *tracetest.InMemoryExporter
}

func watch(t *testing.T, handle handleFunc, opts ...notification.Option) watched {
	t.Helper()
	w := watched{secret: []byte(rand.Text()), spans: tracetest.NewInMemoryExporter(), metrics: newMetrics(t)}
	verifier, err := notification.NewVerifier(w.secret)
	if err != nil {
		t.Fatal(err)
	}
	tracers := trace.NewTracerProvider(trace.WithSyncer(w.spans))
	w.Receiver, err = opentelemetry.NewReceiver(tracers, w.provider, verifier, handle, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// post sends body over HTTP, with a trace that a stranger began, and returns the status.
func (w watched) post(t *testing.T, body, secret []byte) int {
	t.Helper()
	server := httptest.NewServer(w)
	defer server.Close() // waits for the handler, and so for the end of its span
	req, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(notification.SignatureHeader, notification.Sign(secret, body))
	req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// bodyWith is a genuine notification that holds text in a place that nobody reads.
func bodyWith(id, text string) []byte {
	return fmt.Appendf(nil, `{"data":{"type":"appUnavailable","id":%q,"attributes":{"x":%q}}}`, id, text)
}

// TestOutcomes: each has one span of its notification, with what became of it,
// the function's span below that where it was called, and is counted once.
// No span and no metric holds the secret, the body or the text of an error.
func TestOutcomes(t *testing.T) {
	otel.SetTextMapPropagator(propagation.TraceContext{})
	canary := rand.Text()
	take := func(context.Context, *notification.Notification) error { return nil }
	fail := func(context.Context, *notification.Notification) error { return errors.New(canary) }
	crash := func(context.Context, *notification.Notification) error { panic(canary) }
	for _, test := range []struct {
		name     string
		handle   handleFunc
		forged   bool
		earlier  int // copies before it
		httpCode int
		status   codes.Code
		called   bool
		function codes.Code
	}{
		{"handled", take, false, 0, 200, codes.Unset, true, codes.Unset},
		{"duplicate", take, false, 1, 200, codes.Unset, false, 0},
		{"refused", take, true, 0, 401, codes.Unset, false, 0},
		{"failed", fail, false, 0, 500, codes.Error, true, codes.Error},
		{"failed", crash, false, 0, 500, codes.Error, true, codes.Error},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := watch(t, test.handle, notification.WithLogger(quiet))
			body, secret := bodyWith("id-1", canary), w.secret
			if test.forged {
				secret = []byte("another")
			}
			for range test.earlier {
				w.post(t, body, secret)
			}
			w.spans.Reset()
			if got := w.post(t, body, secret); got != test.httpCode {
				t.Errorf("responded %d, want %d", got, test.httpCode)
			}
			spans := w.spans.GetSpans()
			received, function := named(spans, "receive notification"), named(spans, "process notification")
			if len(received) != 1 || (len(function) == 1) != test.called || len(spans) != len(received)+len(function) {
				t.Fatalf("got spans %+v", spans)
			}
			parent := received[0]
			if parent.Parent.IsValid() {
				t.Error("a stranger's trace is continued")
			}
			if parent.Status.Code != test.status {
				t.Errorf("status %v, want %v", parent.Status.Code, test.status)
			}
			if got := attr(parent, "notification.outcome"); got != test.name {
				t.Errorf("outcome %q, want %q", got, test.name)
			}
			if got := attr(parent, "messaging.message.id"); (got == "id-1") == test.forged {
				t.Errorf("message id %q, forged %v", got, test.forged)
			}
			if got := attr(parent, "error.type"); (got != "") != (test.httpCode >= 400) {
				t.Errorf("responded %d, error type %q", test.httpCode, got)
			}
			for _, span := range function {
				if span.Parent.SpanID() != parent.SpanContext.SpanID() {
					t.Error("the function's span is not below its notification's")
				}
				if span.Status.Code != test.function {
					t.Errorf("the function's status %v, want %v", span.Status.Code, test.function)
				}
			}
			w.checkCounts(t, test.name, test.earlier)
			for what, text := range map[string]string{
				"a span": fmt.Sprintf("%+v", spans), "a metric": fmt.Sprintf("%+v", w.collect(t)),
			} {
				if strings.Contains(text, canary) || strings.Contains(text, string(w.secret)) {
					t.Errorf("%s holds the body, an error's text or the secret: %s", what, text)
				}
			}
		})
	}
}

// TestOtherWay: what is handed over by Handle is a span below the caller's.
func TestOtherWay(t *testing.T) {
	var inFunction string
	w := watch(t, func(_ context.Context, n *notification.Notification) error {
		inFunction = n.ID
		return errors.New("disk full")
	}, notification.WithLogger(quiet))
	tracers := trace.NewTracerProvider(trace.WithSyncer(w.spans))
	ctx, catchUp := tracers.Tracer("test").Start(t.Context(), "catch up")
	err := w.Handle(ctx, bodyWith("id-2", ""))
	catchUp.End()

	spans := w.spans.GetSpans()
	received := named(spans, "receive notification")
	if err == nil || inFunction != "id-2" || len(spans) != 3 || len(received) != 1 {
		t.Fatalf("got %v, and spans %+v", err, spans)
	}
	if received[0].Parent.SpanID() != catchUp.SpanContext().SpanID() {
		t.Error("it is not below the caller's span")
	}
	if got := received[0].Status; got.Code != codes.Error || got.Description != "function failed" {
		t.Errorf("got status %+v", got)
	}
	w.checkCounts(t, "failed", 0)
}

func TestNewReceiverRefusesNil(t *testing.T) {
	tracers, meters := trace.NewTracerProvider(), newMetrics(t).provider
	if r, err := opentelemetry.NewReceiver(tracers, meters, nil, nil); r != nil || err == nil {
		t.Errorf("got %v, %v", r, err)
	}
}

func named(spans tracetest.SpanStubs, name string) tracetest.SpanStubs {
	return slices.DeleteFunc(slices.Clone(spans), func(s tracetest.SpanStub) bool { return s.Name != name })
}

func attr(span tracetest.SpanStub, key string) string {
	for _, a := range span.Attributes {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}
