package spec

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// As oasdiff v1.35.0 writes it, cut down to what we read and one finding of each kind.
const changelog = `[
  {"id":"response-property-became-optional","text":"the property became optional","level":3,
   "operation":"POST","path":"/v1/orders","section":"paths","baseSource":{"file":"from.yaml","line":LINE_OF_required: [code]}},
  {"id":"response-property-became-optional","text":"the same at another status","level":3,
   "operation":"POST","path":"/v1/orders","baseSource":{"file":"from.yaml","line":LINE_OF_required: [code]}},
  {"id":"request-property-type-changed","text":"type and format","level":2,
   "operation":"POST","path":"/v1/orders","revisionSource":{"file":"to.yaml","line":LINE_OF_maxLength: 40}},
  {"id":"odd","text":"something of the whole operation","level":3,"operation":"DELETE","path":"/v1/orders/{id}"},
  {"id":"api-version-not-bumped","text":"noise","level":1,"baseSource":null}
]`

func TestJudgeMarksEachPlaceOnce(t *testing.T) {
	from, _ := trimOrders(t, nil)
	to, _ := trimOrders(t, func(root map[string]any) {
		delete(problem(t, root), "required")
		object(t, schemaOf(t, root, "Order"), "properties", "title")["format"] = "name"
		object(t, schemaOf(t, root, "Order"), "properties", "state")["format"] = "name"
	})
	text := strings.NewReplacer(
		"LINE_OF_required: [code]", lineOf(t, from, "required: [code]"),
		"LINE_OF_maxLength: 40", lineOf(t, to, "maxLength: 40"),
	).Replace(changelog)
	verdicts, err := breaking([]byte(text))
	if err != nil || len(verdicts) != 4 {
		t.Fatal(verdicts, err)
	}
	var got []string
	for _, change := range byGroup(judge(changes(from, to), verdicts, from, to)) {
		mark := "compatible "
		if change.Breaking {
			mark = "breaking "
		}
		got = append(got, mark+change.Group+": "+change.Text)
	}
	want := []string{
		"compatible schema Order: state format name added",
		"breaking schema Order: title format name added", // found by its subject, not its line
		"breaking schema Problem: code no longer required",
		"breaking DELETE /v1/orders/{id}: something of the whole operation",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// lineOf returns the number of the one line of a document that holds text.
func lineOf(t *testing.T, document *Document, text string) string {
	t.Helper()
	for i, line := range strings.Split(string(document.YAML), "\n") {
		if strings.TrimSpace(line) == text {
			return strconv.Itoa(i + 1)
		}
	}
	t.Fatalf("no line %q", text)
	return ""
}

func TestChangelogThatIsNone(t *testing.T) {
	if _, err := breaking([]byte("<html>")); err == nil {
		t.Error("no error")
	}
	if verdicts, err := breaking(nil); err != nil || verdicts != nil {
		t.Error(verdicts, err)
	}
}
