package spec

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/orders.golden.yaml")

func TestTrimWritesTheGoldenDocument(t *testing.T) {
	upstream, err := ReadUpstream("testdata/orders.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := Trim(upstream, ordersKept(t), ordersOverlay(t), "")
	if err != nil || document.Err() != nil {
		t.Fatal(err, document.Err())
	}
	const golden = "testdata/orders.golden.yaml"
	if *update {
		if err := os.WriteFile(golden, document.YAML, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := readTestdata(t, "orders.golden.yaml"); !bytes.Equal(document.YAML, want) {
		t.Errorf("not the golden document (-update rewrites it):\n%s", document.YAML)
	}
	if strings.Contains(string(document.YAML), "WORDING") {
		t.Error("upstream's wording is still there")
	}
}

func TestDocumentReadsBackAsItWasWritten(t *testing.T) {
	document := trimOrders(t, nil)
	back, err := parseDocument(document.YAML)
	if err != nil {
		t.Fatal(err)
	}
	if back.Version != "1.2.3" || !reflect.DeepEqual(back.Root, document.Root) {
		t.Errorf("reads back as %v, version %q", back.Root, back.Version)
	}
}

func TestTrimLeavesUpstreamAsItWas(t *testing.T) {
	upstream, pristine := orders(t, nil), orders(t, nil)
	if _, err := Trim(upstream, ordersKept(t), ordersOverlay(t), ""); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(upstream, pristine) {
		t.Error("Trim has changed its input")
	}
}

func TestOrderOfKeysMakesNoDifference(t *testing.T) {
	root, err := decodeJSON(readTestdata(t, "orders.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := trimOrders(t, nil)
	for seed := range uint64(20) {
		upstream, err := parseUpstream(shuffledJSON(rand.New(rand.NewPCG(seed, 1)), root))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Trim(upstream, ordersKept(t), ordersOverlay(t), "")
		if err != nil {
			t.Fatal(err)
		}
		if a, b := withoutChecksum(got.YAML), withoutChecksum(want.YAML); a != b {
			t.Fatalf("seed %d: other bytes:\n%s", seed, a)
		}
	}
}

// shuffledJSON encodes a value with the keys of every object in random order.
func shuffledJSON(random *rand.Rand, value any) []byte {
	var out bytes.Buffer
	writeShuffled(random, &out, value)
	return out.Bytes()
}

func writeShuffled(random *rand.Rand, out *bytes.Buffer, value any) {
	switch value := value.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(value))
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		out.WriteByte('{')
		for i, key := range keys {
			fmt.Fprintf(out, "%s%q:", [...]string{"", ","}[min(i, 1)], key)
			writeShuffled(random, out, value[key])
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, item := range value {
			out.WriteString([...]string{"", ","}[min(i, 1)])
			writeShuffled(random, out, item)
		}
		out.WriteByte(']')
	default:
		text, _ := json.Marshal(value)
		out.Write(text)
	}
}

// withoutChecksum drops the line that tells apart files of the same content.
func withoutChecksum(text []byte) string {
	var kept []string
	dropped := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "  x-upstream-sha256: ") {
			dropped++
			continue
		}
		kept = append(kept, line)
	}
	if dropped != 1 {
		return fmt.Sprintf("%d lines with a checksum", dropped)
	}
	return strings.Join(kept, "")
}

func TestPathItemKeys(t *testing.T) {
	const elsewhere = "https://elsewhere.example"
	for _, test := range []struct{ key, want string }{
		{"servers", ""}, {"summary", ""}, {"x-owner", ""}, {"trace", ""},
		{"query", "spec: #/paths/~1v1~1orders/query: not a key of a path item"},
		{"Post", "spec: #/paths/~1v1~1orders/Post: not a key of a path item"},
	} {
		t.Run(test.key, func(t *testing.T) {
			upstream := orders(t, func(root map[string]any) {
				object(t, root, "paths", "/v1/orders")[test.key] = []any{map[string]any{"url": elsewhere}}
			})
			document, err := Trim(upstream, ordersKept(t), ordersOverlay(t), "")
			if got := fmt.Sprint(err); err != nil && got != test.want || err == nil && test.want != "" {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if err == nil && strings.Contains(string(document.YAML), elsewhere) != (test.key == "servers") {
				t.Errorf("%s kept or lost:\n%s", test.key, document.YAML)
			}
		})
	}
}
