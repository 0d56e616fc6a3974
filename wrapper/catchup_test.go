package wrapper_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

const (
	succeeded = wrapper.DeliverySucceeded
	failed    = wrapper.DeliveryFailed
	pending   = wrapper.DeliveryPending
)

// TestCatchUp: the last delivery of an event decides, whatever the order; next
// is where nothing is lost from.
func TestCatchUp(t *testing.T) {
	for name, test := range map[string]struct {
		list    []listed
		since   float64 // minutes, from now
		failOn  string
		handed  []string
		next    float64
		stopped bool
	}{
		"nothing listed":   {nil, -60, "", nil, -5, false},
		"nothing for days": {nil, -9 * 24 * 60, "", nil, -5, false},
		"all succeeded":    {[]listed{{"d1", "e1", -30, succeeded, false}}, -60, "", nil, -5, false},
		"just now":         {[]listed{{"d1", "e1", -1, succeeded, false}}, -60, "", nil, -5, false},
		"since is younger": {nil, -2, "", nil, -2, false},
		"failed, oldest first": {
			[]listed{{"d2", "e2", -20, failed, false}, {"d1", "e1", -30, failed, false}},
			-60, "", []string{"e1", "e2"}, -5, false,
		},
		"a later delivery succeeded": {
			[]listed{{"d3", "e1", -10, succeeded, false}, {"d1", "e1", -30, failed, false}}, -60, "", nil, -5, false,
		},
		"a later delivery failed": {
			[]listed{{"d1", "e1", -30, succeeded, false}, {"d3", "e1", -10, failed, false}},
			-60, "", []string{"e1"}, -5, false,
		},
		"by the first delivery": {
			[]listed{{"d3", "e1", -10, failed, false}, {"d2", "e2", -20, failed, false}, {"d1", "e1", -30, failed, false}},
			-60, "", []string{"e1", "e2"}, -5, false,
		},
		"pings":            {[]listed{{"d1", "e1", -30, failed, true}}, -60, "", nil, -5, false},
		"pending":          {[]listed{{"d1", "e1", -4, pending, false}, {"d2", "e2", -3, failed, false}}, -60, "", []string{"e2"}, -5, false},
		"pending again":    {[]listed{{"d1", "e1", -30, failed, false}, {"d2", "e1", -3, pending, false}}, -60, "", nil, -30, false},
		"pending for long": {[]listed{{"d1", "e1", -6, pending, false}}, -60, "", []string{"e1"}, -5, false},
		"one is refused": {
			[]listed{{"d1", "e1", -30, failed, false}, {"d2", "e2", -20, failed, false}, {"d3", "e3", -10, failed, false}},
			-60, "e2", []string{"e1", "e2", "e3"}, -20, true,
		},
		"one is refused, an older one is pending": {
			[]listed{{"d1", "e1", -40, failed, false}, {"d2", "e1", -3, pending, false}, {"d3", "e2", -20, failed, false}},
			-60, "e2", []string{"e2"}, -40, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				client, _ := scripted(t, always(200, list(start, test.list, "")))
				var handed []string
				poison := errors.New("poison")
				since := start.Add(time.Duration(test.since * float64(time.Minute)))
				next, err := client.Webhooks.CatchUp(t.Context(), webhookID, since, func(_ context.Context, payload []byte) error {
					event, _ := strings.CutPrefix(string(payload), "payload of ")
					handed = append(handed, event)
					if event == test.failOn {
						return poison
					}
					return nil
				})
				if errors.Is(err, poison) != test.stopped || err != nil && !test.stopped {
					t.Errorf("got error %v", err)
				}
				if !slices.Equal(handed, test.handed) {
					t.Errorf("handed over %v, want %v", handed, test.handed)
				}
				if got := next.Sub(start).Minutes(); got != test.next {
					t.Errorf("next is at minute %v, want %v", got, test.next)
				}
			})
		})
	}
}

// TestCatchUpReadsAllPagesFirst: an event's last delivery may be on the last page.
func TestCatchUpReadsAllPagesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, sent := scripted(t, func(n int, _ sentRequest) (int, string) {
			if n == 1 {
				return 200, list(start, []listed{{"d1", "e1", -30, failed, false}}, "cursor=2")
			}
			return 200, list(start, []listed{{"d2", "e1", -20, succeeded, false}}, "")
		})
		_, err := client.Webhooks.CatchUp(t.Context(), webhookID, time.Time{}, func(context.Context, []byte) error {
			return errors.New("handed over")
		})
		if err != nil || len(*sent) != 2 {
			t.Errorf("%d requests, %v", len(*sent), err)
		}
	})
}

// TestCatchUpListFails: nothing is handed over, and next is where it began.
func TestCatchUpListFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, _ := scripted(t, func(n int, _ sentRequest) (int, string) {
			if n == 1 {
				return 200, list(start, []listed{{"d1", "e1", -30, failed, false}}, "cursor=2")
			}
			return 403, `{"errors":[{"code":"FORBIDDEN_ERROR"}]}`
		})
		since := start.Add(-time.Hour)
		next, err := client.Webhooks.CatchUp(t.Context(), webhookID, since, func(context.Context, []byte) error {
			t.Error("handed over")
			return nil
		})
		if !errors.Is(err, wrapper.ErrForbidden) || !next.Equal(since) {
			t.Errorf("next %v, %v", next, err)
		}
	})
}

// TestCatchUpIsRefused: before anything is sent.
func TestCatchUpIsRefused(t *testing.T) {
	client, sent := scripted(t, always(500, ""))
	handle := func(context.Context, []byte) error { return nil }
	_, nilErr := client.Webhooks.CatchUp(t.Context(), webhookID, time.Time{}, nil)
	_, idErr := client.Webhooks.CatchUp(t.Context(), "a/b", time.Time{}, handle)
	for name, err := range map[string]error{"no function": nilErr, "id": idErr} {
		if !errors.Is(err, wrapper.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(*sent) != 0 {
		t.Errorf("sent %v", *sent)
	}
}

// TestCatchUpIsCancelled: between two events, with the cause, and without a loss.
func TestCatchUpIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, _ := scripted(t, always(200, list(start, []listed{
			{"d1", "e1", -30, failed, false}, {"d2", "e2", -20, failed, false},
		}, "")))
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("shutting down")
		handed := 0
		next, err := client.Webhooks.CatchUp(ctx, webhookID, time.Time{}, func(context.Context, []byte) error {
			handed++
			cancel(cause)
			return nil
		})
		if handed != 1 || !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("handed over %d, %v", handed, err)
		}
		if want := start.Add(-20 * time.Minute); !next.Equal(want) {
			t.Errorf("next is %v, want %v", next, want)
		}
	})
}
