// Package sidebyside benchmarks our code beside a plain reference.
package sidebyside

import (
	"slices"
	"testing"
	"time"
)

// sample is about how long one measurement takes, well above the clock's resolution.
const sample = 20 * time.Microsecond

// Run calls ours and reference in turn, so that both meet the same scheduler.
// It reports the tenth percentile of each, and ours in percent of the
// reference: medians swing with whatever else the machine does, tenth
// percentiles hardly do.
func Run(b *testing.B, ours, reference func() error) {
	b.Helper()
	calls := 1
	for measure(b, reference, calls)*time.Duration(calls) < sample {
		calls *= 2
	}
	var durations [2][]time.Duration
	for b.Loop() {
		for i, call := range []func() error{ours, reference} {
			durations[i] = append(durations[i], measure(b, call, calls))
		}
	}
	var tenth [2]float64
	for i, d := range durations {
		slices.Sort(d)
		tenth[i] = float64(d[len(d)/10])
	}
	b.ReportMetric(0, "ns/op") // of both together, which says nothing
	b.ReportMetric(tenth[0], "p10-ours-ns")
	b.ReportMetric(tenth[1], "p10-reference-ns")
	b.ReportMetric(100*tenth[0]/tenth[1], "p10-percent")
}

// measure returns the average duration of a number of calls.
func measure(b *testing.B, call func() error, calls int) time.Duration {
	b.Helper()
	start := time.Now()
	for range calls {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start) / time.Duration(calls)
}
