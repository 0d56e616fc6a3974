package doctor_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/doctor"
)

// TestFactsAreThoseOfThePage: each row of docs/apple.md that is marked assumed
// names the probe that settles it, or says why none can.
func TestFactsAreThoseOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/apple.md")
	if err != nil {
		t.Fatal(err)
	}
	settles := regexp.MustCompile("\\((?:probe `([a-z-]+)`|no probe: (.+))\\)$")
	var facts []doctor.Fact
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || !strings.Contains(cells[1], "assumed") {
			continue
		}
		match := settles.FindStringSubmatch(cells[1])
		if match == nil {
			t.Errorf("neither a probe nor a reason: %s", line)
			continue
		}
		facts = append(facts, doctor.Fact{Text: strings.TrimPrefix(cells[0], "| "), Probe: match[1], Why: match[2]})
	}
	want := doctor.Facts()
	for _, fact := range facts {
		if !slices.Contains(want, fact) {
			t.Errorf("only in docs/apple.md: %+v", fact)
		}
	}
	for _, fact := range want {
		if !slices.Contains(facts, fact) {
			t.Errorf("not in docs/apple.md: %+v", fact)
		}
	}
	if !t.Failed() && !slices.Equal(facts, want) {
		t.Error("the order is not that of docs/apple.md")
	}
}
