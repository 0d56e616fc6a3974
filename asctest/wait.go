package asctest

// Waiting for calls and deliveries.

import (
	"context"
	"fmt"
	"slices"
)

// WaitForExchanges waits until n exchanges are recorded for which wanted is true, and returns them. If ctx ends before,
// it returns those that there are, with an error.
func (h *Handler) WaitForExchanges(ctx context.Context, n int, wanted func(Exchange) bool) ([]Exchange, error) {
	return wait(ctx, h, n, func(changes Changes) []Exchange {
		return slices.DeleteFunc(changes.Exchanges, func(x Exchange) bool { return !wanted(x) })
	})
}

// WaitForDeliveries waits until n deliveries are finished for which wanted is true, and returns them. If ctx ends
// before, it returns those that there are, with an error.
func (h *Handler) WaitForDeliveries(ctx context.Context, n int, wanted func(Delivery) bool) ([]Delivery, error) {
	return wait(ctx, h, n, func(changes Changes) []Delivery {
		return slices.DeleteFunc(changes.Deliveries, func(d Delivery) bool { return d.State == pending || !wanted(d) })
	})
}

func wait[T any](ctx context.Context, h *Handler, n int, of func(Changes) []T) (found []T, err error) {
	changes := h.Since(0)
	for found = of(changes); len(found) < n; {
		select {
		case <-changes.More:
		case <-ctx.Done():
			return found, fmt.Errorf("asctest: %d of %d came: %w", len(found), n, context.Cause(ctx))
		}
		next := h.Since(changes.Number)
		if next.Resets != changes.Resets {
			found = nil
		}
		found, changes = append(found, of(next)...), next
	}
	return found, nil
}
