package opentelemetry_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/ascmarketplace/webhooks/examples/opentelemetry"
)

var quiet = slog.New(slog.DiscardHandler)

// metrics are read when a test asks for them.
type metrics struct {
	provider *metric.MeterProvider
	reader   *metric.ManualReader
}

func newMetrics(t *testing.T) metrics {
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	return metrics{provider, reader}
}

// collect returns the data of each metric by its name.
func (m metrics) collect(t *testing.T) map[string]metricdata.Aggregation {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := m.reader.Collect(t.Context(), &all); err != nil {
		t.Log(err)
	}
	byName := map[string]metricdata.Aggregation{}
	for _, scope := range all.ScopeMetrics {
		for _, one := range scope.Metrics {
			byName[one.Name] = one.Data
		}
	}
	return byName
}

// checkCounts wants one notification of the outcome, and the earlier ones handled.
func (m metrics) checkCounts(t *testing.T, outcome string, earlier int) {
	t.Helper()
	want := map[string]int{outcome: 1}
	if earlier > 0 {
		want["handled"] += earlier
	}
	received, _ := m.collect(t)["notification.received"].(metricdata.Sum[int64])
	duration, _ := m.collect(t)["notification.duration"].(metricdata.Histogram[float64])
	if len(received.DataPoints) != len(want) || len(duration.DataPoints) != len(want) {
		t.Errorf("got counts %+v and durations %+v, want %v", received, duration, want)
	}
	for _, point := range received.DataPoints {
		if kind := kindOf(point.Attributes); int(point.Value) != want[kind] {
			t.Errorf("%s: counted %d, want %d", kind, point.Value, want[kind])
		}
	}
	for _, point := range duration.DataPoints {
		kind := kindOf(point.Attributes)
		if int(point.Count) != want[kind] || point.Sum <= 0 || point.Sum > 60 {
			t.Errorf("%s: %d durations of %v s, want %d", kind, point.Count, point.Sum, want[kind])
		}
	}
}

func kindOf(set attribute.Set) string {
	kind, _ := set.Value("notification.outcome")
	return kind.AsString()
}

// TestQueue: depth and age are what the inbox says at each collection; while
// it fails, nothing is reported in their place.
func TestQueue(t *testing.T) {
	m := newMetrics(t)
	var depth int64
	var oldest time.Duration
	var failure error
	registration, err := opentelemetry.ObserveQueue(m.provider,
		func(context.Context) (int64, time.Duration, error) { return depth, oldest, failure })
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		depth  int64
		oldest time.Duration
		err    error
		points int
	}{
		{0, 0, nil, 1},
		{3, 90 * time.Second, nil, 1},
		{3, 90 * time.Second, errors.New("the inbox is away"), 0},
		{1, time.Second, nil, 1},
	} {
		depth, oldest, failure = test.depth, test.oldest, test.err
		got := m.collect(t)
		depths, _ := got["inbox.depth"].(metricdata.Gauge[int64])
		ages, _ := got["inbox.oldest.age"].(metricdata.Gauge[float64])
		if len(depths.DataPoints) != test.points || len(ages.DataPoints) != test.points {
			t.Fatalf("%+v: got %+v and %+v", test, depths, ages)
		}
		if test.points == 1 && (depths.DataPoints[0].Value != depth || ages.DataPoints[0].Value != oldest.Seconds()) {
			t.Errorf("%+v: got %+v and %+v", test, depths, ages)
		}
	}
	if err := registration.Unregister(); err != nil {
		t.Error(err)
	}
	if got := m.collect(t)["inbox.depth"]; got != nil {
		t.Errorf("unregistered, and it reports %+v", got)
	}
}
