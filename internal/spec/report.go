package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Report says what taking over a document would change for those who import us.
type Report struct {
	From, To string   // API versions
	Changes  []Change // of the document, in oasdiff's words
	Silent   []Change // of the document, where oasdiff's changelog says nothing
	Go       []Change // of gen's exported names, and what no longer compiles

	// What the overlay must be edited for before the document can be taken over.
	FromLedger, ToLedger Ledger
}

// Change is one finding, with the places where it was found.
type Change struct {
	Text     string
	Details  []string
	Breaking bool
}

// Verdict is the report in one word; its value is the command's exit code.
type Verdict int

// From harmless to harmful.
const (
	Nothing    Verdict = 0
	Compatible Verdict = 3
	Breaking   Verdict = 4
)

func (v Verdict) String() string {
	return map[Verdict]string{Nothing: "nothing changes", Compatible: "compatible", Breaking: "breaking"}[v]
}

// Verdict is Breaking as soon as one finding is. An overlay that no longer fits
// the new document counts as a compatible change: someone has to look.
func (r *Report) Verdict() Verdict {
	all := slices.Concat(r.Changes, r.Silent, r.Go)
	switch {
	case slices.ContainsFunc(all, func(c Change) bool { return c.Breaking }):
		return Breaking
	case len(all) > 0 || r.ToLedger.Problems() != nil:
		return Compatible
	}
	return Nothing
}

func (r *Report) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "App Store Connect API %s -> %s: %s\n", r.From, r.To, r.Verdict())
	problems(&out, r.From, r.FromLedger)
	problems(&out, r.To, r.ToLedger)
	section(&out, "oasdiff changelog", r.Changes)
	section(&out, "oasdiff diff, where its changelog says nothing", r.Silent)
	section(&out, "Go names of gen, and what compiles", r.Go)
	return out.String()
}

func section(out *strings.Builder, title string, changes []Change) {
	if changes == nil {
		return
	}
	fmt.Fprintf(out, "\n%s\n", title)
	for _, change := range changes {
		mark := Compatible
		if change.Breaking {
			mark = Breaking
		}
		fmt.Fprintf(out, "  %-10s  %s\n", mark, change.Text)
		for _, detail := range change.Details {
			fmt.Fprintf(out, "  %-10s  %s\n", "", detail)
		}
	}
}

func problems(out *strings.Builder, version string, ledger Ledger) {
	if found := ledger.Problems(); found != nil {
		fmt.Fprintf(out, "\ncorrections that do not fit %s\n", version)
		for _, finding := range found {
			fmt.Fprintf(out, "  %s\n", finding)
		}
	}
}
