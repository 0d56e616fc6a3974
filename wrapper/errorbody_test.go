package wrapper_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/racetest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// A flood makes a body of almost that size, and tells how many error objects
// are in it, or -1 if they are not counted.
type flood func(size int) (body string, objects int)

// and counts the objects around those that are repeated, only counts no others.
func (f flood) and(more int) flood {
	return func(size int) (string, int) { body, n := f(size); return body, n + more }
}

func (f flood) only(objects int) flood {
	return func(size int) (string, int) { body, _ := f(size); return body, objects }
}

// floods hold as many error objects, or as much to look at for each, as fit.
func floods() map[string]flood {
	const associated = `{"errors":[{"meta":{"associatedErrors":{`
	nested := `{"meta":{"associatedErrors":{"a":` +
		strings.Repeat(`[{"meta":{"associatedErrors":{"a":`, 300) + `[]` + strings.Repeat(`}}}]`, 300) + `}}},`
	hundred := strings.Repeat(`{"code":"A"},`, 99)
	return map[string]flood{
		"objects":         fill(`{"errors":[`, `{},`, `]}`),
		"numbers":         fill(`{"errors":[`, `1,`, `]}`),
		"arrays":          fill(`{"errors":[`, `[],`, `]}`),
		"empty texts":     fill(`{"errors":[`, `{"code":"","detail":"a b c d"},`, `]}`),
		"associated":      fill(associated+`"/a":[`, `{},`, `]}}}]}`).and(1),
		"many paths":      paths(`[{}]`).and(1),
		"empty paths":     paths(`[]`).only(1),
		"paths to null":   paths(`0`).only(1),
		"after a hundred": fill(`{"errors":[`+hundred+`{"meta":{"associatedErrors":{"a":[`, `{},`, `]}}}]}`).and(100),
		"long text":       fill(`{"errors":[{"detail":"`, `a `, `"}]}`).only(1),
		"many spaces":     fill(`{"errors":[`, ` `, `{}]}`).only(1),
		"nested":          fill(`{"errors":[`, nested, `]}`).only(-1),
		"unclosed":        fill(``, `{"errors":[`, ``).only(0),
		"no JSON":         fill(``, `a `, ``).only(0),
	}
}

func fill(before, part, after string) flood {
	return func(size int) (string, int) {
		n := (size - len(before) - len(after)) / len(part)
		return before + strings.TrimSuffix(strings.Repeat(part, n), ",") + after, n
	}
}

// paths has a list under each of its many paths.
func paths(list string) flood {
	return func(size int) (string, int) {
		body, n := []byte(`{"errors":[{"meta":{"associatedErrors":{`), 0
		for ; len(body) < size-100; n++ {
			body = append(strconv.AppendInt(append(body, '"'), int64(n), 16), `":`+list+`,`...)
		}
		return strings.TrimSuffix(string(body), ",") + `}}}]}`, n
	}
}

// TestFloodOfErrorsAllocations: whatever 1 MiB of a refusal holds, it costs less
// than 50 MiB of memory, at most 100 error objects are kept, and the others are
// counted. The bodies are a quarter of that, for the sake of time.
func TestFloodOfErrorsAllocations(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates too")
	}
	const size = 1 << 18
	for name, flood := range floods() {
		t.Run(name, func(t *testing.T) {
			body, objects := flood(size)
			if len(body) > size || len(body) < size*3/4 {
				t.Fatalf("the body has %d bytes, want almost %d", len(body), size)
			}
			client := cannedClient(t, newCanned(http.StatusConflict, body))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, "abcdefghijklmnopqrstuvwxyz"))
			runtime.ReadMemStats(&after)
			if times := int(after.TotalAlloc-before.TotalAlloc) / len(body); times >= 50 {
				t.Errorf("allocated %d times the size of the body, want less than 50 times", times)
			}
			apiErr, ok := errors.AsType[*wrapper.APIError](err)
			if !ok {
				t.Fatalf("got %v, want an APIError", err)
			}
			kept := countErrors(apiErr.Errors)
			if kept > 100 {
				t.Errorf("kept %d error objects, want at most 100", kept)
			}
			if got := kept + apiErr.Dropped; objects >= 0 && got != objects {
				t.Errorf("kept %d and dropped %d of %d error objects", kept, apiErr.Dropped, objects)
			}
		})
	}
}

func countErrors(objects []wrapper.ErrorObject) int {
	n := len(objects)
	for _, object := range objects {
		for _, associated := range object.Associated {
			n += countErrors(associated)
		}
	}
	return n
}

// TestAHundredErrorsAreKept: exactly, and the next one is told to be missing.
func TestAHundredErrorsAreKept(t *testing.T) {
	for n, dropped := range map[int]int{1: 0, 99: 0, 100: 0, 101: 1, 250: 150} {
		body := `{"errors":[` + strings.TrimSuffix(strings.Repeat(`{"code":"A"},`, n), ",") + `]}`
		apiErr := refusal(t, http.StatusConflict, "application/json", body)
		if got := len(apiErr.Errors); got != n-dropped {
			t.Errorf("%d errors: kept %d, want %d", n, got, n-dropped)
		}
		if apiErr.Dropped != dropped {
			t.Errorf("%d errors: dropped %d, want %d", n, apiErr.Dropped, dropped)
		}
		if more := fmt.Sprintf("409 A (and %d more)", n-1); n > 1 && !strings.HasSuffix(apiErr.Error(), more) {
			t.Errorf("%d errors: got %q, want %q at the end", n, apiErr, more)
		}
	}
}

func BenchmarkFloodOfErrors(b *testing.B) {
	for name, flood := range floods() {
		b.Run(name, func(b *testing.B) {
			body, _ := flood(1 << 20)
			client := cannedClient(b, newCanned(http.StatusConflict, body))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = client.MarketplaceWebhooks.Create(b.Context(), params(endpointURL, "abcdefghijklmnopqrstuvwxyz"))
			}
		})
	}
}
