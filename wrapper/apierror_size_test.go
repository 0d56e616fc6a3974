package wrapper_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// floods are bodies of almost that size that hold as many error objects, or as
// much to look at for each, as fit. Their value is how many objects there are.
func floods(size int) map[string]flood {
	fill := func(before, part, after string) flood {
		n := (size - len(before) - len(after)) / len(part)
		return flood{before + strings.TrimSuffix(strings.Repeat(part, n), ",") + after, n}
	}
	with := func(f flood, extra int) flood { return flood{f.body, f.objects + extra} }
	paths := func(list string) flood {
		var b strings.Builder
		n := 0
		for ; b.Len() < size-100; n++ {
			fmt.Fprintf(&b, `,"%x":%s`, n, list)
		}
		return flood{`{"errors":[{"meta":{"associatedErrors":{` + b.String()[1:] + `}}}]}`, n}
	}
	associated := `{"errors":[{"meta":{"associatedErrors":{`
	nested := `{"meta":{"associatedErrors":{"a":` +
		strings.Repeat(`[{"meta":{"associatedErrors":{"a":`, 300) + `[]` + strings.Repeat(`}}}]`, 300) + `}}},`
	hundred := strings.Repeat(`{"code":"A"},`, 99)
	return map[string]flood{
		"objects":         fill(`{"errors":[`, `{},`, `]}`),
		"numbers":         fill(`{"errors":[`, `1,`, `]}`),
		"arrays":          fill(`{"errors":[`, `[],`, `]}`),
		"empty texts":     fill(`{"errors":[`, `{"code":"","detail":"a b c d"},`, `]}`),
		"associated":      with(fill(associated+`"/a":[`, `{},`, `]}}}]}`), 1),
		"many paths":      with(paths(`[{}]`), 1),
		"empty paths":     paths(`[]`).only(1),
		"paths to null":   paths(`0`).only(1),
		"after a hundred": with(fill(`{"errors":[`+hundred+`{"meta":{"associatedErrors":{"a":[`, `{},`, `]}}}]}`), 100),
		"long text":       fill(`{"errors":[{"detail":"`, `a `, `"}]}`).only(1),
		"many spaces":     fill(`{"errors":[`, ` `, `{}]}`).only(1),
		"nested":          fill(`{"errors":[`, nested, `]}`).only(-1),
		"unclosed":        {strings.Repeat(`{"errors":[`, size/11), 0},
		"no JSON":         {strings.Repeat(`a `, size/2), 0},
	}
}

type flood struct {
	body    string
	objects int // -1: not counted
}

func (f flood) only(n int) flood { return flood{f.body, n} }

// TestFloodOfErrors: whatever 1 MiB of a refusal holds, it costs less than
// 50 MiB of memory, at most 100 error objects are kept, and the others are
// counted. Most of the bodies are an eighth of that, for the sake of time.
func TestFloodOfErrors(t *testing.T) {
	const full = 1 << 20
	bodies := floods(full / 8)
	for _, name := range []string{"objects", "many paths"} {
		bodies[name] = floods(full)[name]
	}
	for name, flood := range bodies {
		t.Run(name, func(t *testing.T) {
			if len(flood.body) > full {
				t.Fatalf("the body has %d bytes, and only %d are read", len(flood.body), full)
			}
			client := cannedClient(t, newCanned(http.StatusConflict, flood.body))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, "abcdefghijklmnopqrstuvwxyz"))
			runtime.ReadMemStats(&after)
			if times := int(after.TotalAlloc-before.TotalAlloc) / len(flood.body); times >= 50 {
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
			if got := kept + apiErr.Dropped; flood.objects >= 0 && got != flood.objects {
				t.Errorf("kept %d and dropped %d of %d error objects", kept, apiErr.Dropped, flood.objects)
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
	for name, flood := range floods(1 << 20) {
		b.Run(name, func(b *testing.B) {
			client := cannedClient(b, newCanned(http.StatusConflict, flood.body))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = client.MarketplaceWebhooks.Create(b.Context(), params(endpointURL, "abcdefghijklmnopqrstuvwxyz"))
			}
		})
	}
}
