// Command benchtable reads the output of `go test -bench` on standard input
// and prints our benchmarks beside their references as one Markdown table.
// It pairs the sub-benchmarks named "ours" and "reference" and takes the
// median of several runs.
package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// rows says what each benchmark is and what was promised of it. The aim is a
// ratio, but for the size, which is a difference.
var rows = []struct{ benchmark, name, unit, aim string }{
	{"Get", "wrapper: Get, against net/http and encoding/json", "ns/op", "≤ 1.27"},
	{"Create", "wrapper: Create, against the same", "ns/op", "≤ 1.27"},
	{"TokenCached", "auth: cached token, against a mutex", "ns/op", ""},
	{"TokenCachedParallel", "auth: cached token, in parallel", "ns/op", ""},
	{"TokenSign", "auth: sign a token, against ecdsa.SignASN1", "ns/op", "≤ 1.25"},
	{"Verify", "notification: Verify, against crypto/hmac", "ns/op", "≤ 0.65"},
	{"VerifyDecode", "notification: Verify and Decode, against crypto/hmac and encoding/json", "ns/op", "≤ 1.1"},
	{"ImporterSize", "stripped binary, against net/http, encoding/json and crypto/ecdsa", "KiB", "≤ +250 KiB"},
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	results, machine, err := read(in)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %d cores, %s/%s, %s. Medians of several runs.\n\n", machine, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	fmt.Fprintln(out, "| ratio | aim | ours | reference | allocations | what |")
	fmt.Fprintln(out, "|---:|---:|---:|---:|---:|---|")
	for _, row := range rows {
		ours, reference := results.median(row.benchmark+"/ours", row.unit), results.median(row.benchmark+"/reference", row.unit)
		if ours == 0 || reference == 0 {
			return fmt.Errorf("benchmark %s lacks ours or reference in %s", row.benchmark, row.unit)
		}
		fmt.Fprintf(out, "| %.2f | %s | %s | %s | %s | %s |\n", ours/reference, cmp.Or(row.aim, "-"),
			quantity(ours, row.unit), quantity(reference, row.unit), results.allocations(row.benchmark, row.unit), row.name)
	}
	return nil
}

// results are the values of each benchmark and unit, one a run.
type results map[[2]string][]float64

func read(in io.Reader) (results, string, error) {
	found, machine := results{}, "an unnamed machine"
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if cpu, ok := strings.CutPrefix(lines.Text(), "cpu: "); ok {
			machine = cpu
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-")
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, "", fmt.Errorf("%q is not a benchmark's line", lines.Text())
			}
			key := [2]string{name, fields[i+1]}
			found[key] = append(found[key], value)
		}
	}
	return found, machine, lines.Err()
}

// median returns 0 when there is no such benchmark.
func (r results) median(benchmark, unit string) float64 {
	values := slices.Sorted(slices.Values(r[[2]string{benchmark, unit}]))
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}

func (r results) allocations(benchmark, unit string) string {
	if unit == "KiB" {
		return "-"
	}
	return fmt.Sprintf("%.0f / %.0f", r.median(benchmark+"/ours", "allocs/op"), r.median(benchmark+"/reference", "allocs/op"))
}

func quantity(value float64, unit string) string {
	switch {
	case unit == "KiB":
		return fmt.Sprintf("%.0f KiB", value)
	case value >= 1000:
		return fmt.Sprintf("%.1f µs", value/1000)
	default:
		return fmt.Sprintf("%.0f ns", value)
	}
}
