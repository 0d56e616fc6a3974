package opentelemetry

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/ascmarketplace/webhooks/notification"
)

// observeOutcomes returns an observer for [notification.WithObserver] that
// counts outcomes and measures how long they took, both by kind.
func observeOutcomes(meter metric.Meter) (func(context.Context, notification.Outcome), error) {
	received, err := meter.Int64Counter("notification.received", metric.WithUnit("{notification}"),
		metric.WithDescription("Notifications received, by outcome."))
	if err != nil {
		return nil, err
	}
	duration, err := meter.Float64Histogram("notification.duration", metric.WithUnit("s"),
		metric.WithDescription("Time from the request to the response, by outcome."),
		metric.WithExplicitBucketBoundaries(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, o notification.Outcome) {
		outcome := metric.WithAttributes(attribute.String("notification.outcome", string(o.Kind)))
		received.Add(ctx, 1, outcome)
		duration.Record(ctx, o.Duration.Seconds(), outcome)
	}, nil
}

// QueueStats tells how many notifications wait in an inbox, and for how long
// the oldest has waited: 0 if none does. For an inbox in SQL it is one query:
//
//	SELECT COUNT(*), MIN(received_at) FROM inbox WHERE state = 'new'
type QueueStats func(context.Context) (depth int64, oldest time.Duration, err error)

// ObserveQueue reports the inbox each time metrics are collected. While stats
// fails, nothing is reported of it. Unregister the registration before the
// inbox is closed.
func ObserveQueue(meters metric.MeterProvider, stats QueueStats) (metric.Registration, error) {
	meter := meters.Meter(scope)
	depth, err := meter.Int64ObservableGauge("inbox.depth", metric.WithUnit("{notification}"),
		metric.WithDescription("Notifications that wait in the inbox."))
	if err != nil {
		return nil, err
	}
	oldest, err := meter.Float64ObservableGauge("inbox.oldest.age", metric.WithUnit("s"),
		metric.WithDescription("How long the oldest of them has waited."))
	if err != nil {
		return nil, err
	}
	return meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		waiting, age, err := stats(ctx)
		if err != nil {
			return fmt.Errorf("inbox: %w", err)
		}
		o.ObserveInt64(depth, waiting)
		o.ObserveFloat64(oldest, age.Seconds())
		return nil
	}, depth, oldest)
}
