package wrapper_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestCauses: wherever a context ends a call, the error matches the context's
// error and its cause.
func TestCauses(t *testing.T) {
	cause := errors.New("the server is shutting down")
	hang := func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	busy := func(req *http.Request) (*http.Response, error) {
		response := newCanned(503, "")
		response.header.Set("Retry-After", "20")
		return response.RoundTrip(req)
	}
	none := func(then roundTripper) roundTripper { // no webhook yet, so Ensure creates
		return func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				return newCanned(200, `{"data":[]}`).RoundTrip(req)
			}
			return then(req)
		}
	}
	lost := func(req *http.Request) (*http.Response, error) {
		_, _ = newCanned(504, "").RoundTrip(req)
		return nil, errors.New("the connection is gone")
	}
	there := func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodGet {
			return cannedList().RoundTrip(req)
		}
		return hang(req)
	}
	for name, test := range map[string]struct {
		transport roundTripper
		call      func(context.Context, *wrapper.MarketplaceWebhooks) error
		after     time.Duration
	}{
		"before a list":        {hang, listOnce, 0},
		"before a create":      {hang, createOnce, 0},
		"before Ensure":        {hang, ensureOnce, 0},
		"waiting for headers":  {hang, listOnce, time.Second},
		"a create's headers":   {hang, createOnce, time.Second},
		"in the backoff":       {busy, listOnce, time.Second},
		"Ensure's list":        {hang, ensureOnce, time.Second},
		"Ensure's backoff":     {busy, ensureOnce, time.Second},
		"Ensure's create":      {none(hang), ensureOnce, time.Second},
		"Ensure's second look": {none(lost), ensureOnce, time.Second},
		"Ensure's update":      {there, ensureThere, time.Second},
	} {
		for kind, end := range map[error]func(context.Context) (context.Context, context.CancelFunc){
			context.Canceled: func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				if test.after == 0 {
					cancel(cause)
				}
				time.AfterFunc(test.after, func() { cancel(cause) })
				return ctx, func() { cancel(nil) }
			},
			context.DeadlineExceeded: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeoutCause(ctx, test.after, cause)
			},
		} {
			t.Run(name+", "+kind.Error(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client := transportClient(t, test.transport)
					ctx, stop := end(t.Context())
					defer stop()
					start := time.Now()
					err := test.call(ctx, client.MarketplaceWebhooks)
					if early := time.Since(start) < test.after; early && errors.Is(kind, context.DeadlineExceeded) {
						return // there was no time left for another attempt
					}
					if !errors.Is(err, kind) || !errors.Is(err, cause) {
						t.Errorf("got %v, want it to match %v and the cause", err, kind)
					}
					if took := time.Since(start); took != test.after {
						t.Errorf("took %v, want %v", took, test.after)
					}
				})
			})
		}
	}
}

func listOnce(ctx context.Context, webhooks *wrapper.MarketplaceWebhooks) error {
	_, err := webhooks.List(ctx)
	return err
}

func createOnce(ctx context.Context, webhooks *wrapper.MarketplaceWebhooks) error {
	_, err := webhooks.Create(ctx, anyParams())
	return err
}

func ensureOnce(ctx context.Context, webhooks *wrapper.MarketplaceWebhooks) error {
	_, err := webhooks.Ensure(ctx, anyParams())
	return err
}

func ensureThere(ctx context.Context, webhooks *wrapper.MarketplaceWebhooks) error {
	_, err := webhooks.Ensure(ctx, params("https://example.com/api/ingest/notifications", "secret"))
	return err
}

// TestCauseWhileTheTokenIsMade: the same, though the source says another error.
func TestCauseWhileTheTokenIsMade(t *testing.T) {
	cause := errors.New("the server is shutting down")
	ctx, cancel := context.WithCancelCause(t.Context())
	client := newClient(t, tokenFunc(func() string { cancel(cause); return "" }))
	_, err := client.MarketplaceWebhooks.List(ctx)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("got %v, want it to match the context's error and the cause", err)
	}
}

// TestCauseMidBody: the same for a response that stops half-way.
func TestCauseMidBody(t *testing.T) {
	for _, operation := range []asctest.Operation{asctest.MarketplaceWebhooksCreate, asctest.MarketplaceWebhooksList} {
		synctest.Test(t, func(t *testing.T) {
			server := asctest.NewPipeServer(t)
			client := connect(t, server)
			prepare(server, operation)
			server.FailNext(asctest.Fault{Kind: asctest.FaultLateBody, Delay: 20 * time.Second})
			cause := errors.New("the server is shutting down")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(cause) })
			call := map[asctest.Operation]func(context.Context, *wrapper.MarketplaceWebhooks) error{
				asctest.MarketplaceWebhooksCreate: createOnce, asctest.MarketplaceWebhooksList: listOnce,
			}[operation]
			err := call(ctx, client.MarketplaceWebhooks)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
				t.Errorf("%s: got %v, want it to match the context's error and the cause", operation, err)
			}
		})
	}
}
