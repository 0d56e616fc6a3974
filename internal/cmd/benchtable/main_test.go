package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	var in strings.Builder
	fmt.Fprintln(&in, "goos: linux\ncpu: Some CPU")
	for _, row := range rows {
		for _, run := range []int{300, 100, 200} {
			fmt.Fprintf(&in, "Benchmark%s/ours-2 \t 1000\t %d %s\t 7 allocs/op\n", row.benchmark, run*10, row.unit)
			fmt.Fprintf(&in, "Benchmark%s/reference-2 \t 1000\t %d %s\t 8 B/op\t 5 allocs/op\n", row.benchmark, run*20, row.unit)
		}
	}
	var out strings.Builder
	if err := run(strings.NewReader(in.String()), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Some CPU, ",
		"\n| 0.50 | ≤ 1.27 | 2.0 µs | 4.0 µs | 7 / 5 | wrapper: Get, against net/http and encoding/json |\n",
		"\n| 0.50 | ≤ +250 KiB | 2000 KiB | 4000 KiB | - | stripped binary, ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

func TestMissingBenchmark(t *testing.T) {
	err := run(strings.NewReader("BenchmarkGet/ours-2 1 5 ns/op\n"), new(strings.Builder))
	if err == nil || !strings.Contains(err.Error(), "benchmark Get lacks") {
		t.Errorf("got %v", err)
	}
	if err := run(strings.NewReader("BenchmarkGet/ours-2 1 x ns/op\n"), new(strings.Builder)); err == nil {
		t.Error("garbage was taken")
	}
}
