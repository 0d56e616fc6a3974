package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Report says what taking over a document would change for those who import us.
type Report struct {
	From, To string   // API versions
	Changes  []Change // of the document, by operation and component
	Names    []Change // of gen's exported names
	Build    []Change // what no longer compiles against the new gen

	// What the overlay must be edited for before the document can be taken over.
	FromLedger, ToLedger Ledger
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
	switch v {
	case Nothing:
		return "nothing changes"
	case Compatible:
		return "compatible"
	default:
		return "breaking"
	}
}

// Verdict is Breaking as soon as one line is. An overlay that no longer fits
// the new document counts as a compatible change: someone has to look.
func (r *Report) Verdict() Verdict {
	all := slices.Concat(r.Changes, r.Names, r.Build)
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
	if len(r.Changes) == 0 {
		return out.String()
	}
	group := ""
	for _, change := range r.Changes {
		if change.Group != group {
			group = change.Group
			fmt.Fprintf(&out, "\n%s\n", group)
		}
		line(&out, change)
	}
	fmt.Fprintf(&out, "\n%s\n", goNames)
	for _, change := range r.Names {
		line(&out, change)
	}
	if len(r.Names) == 0 {
		fmt.Fprintln(&out, "  none changes")
	}
	fmt.Fprint(&out, "\nwrapper\n")
	for _, change := range r.Build {
		line(&out, change)
	}
	if len(r.Build) == 0 {
		fmt.Fprintln(&out, "  compiles against the new gen")
	}
	return out.String()
}

func line(out *strings.Builder, change Change) {
	mark := "compatible"
	if change.Breaking {
		mark = "breaking"
	}
	fmt.Fprintf(out, "  %-10s  %s\n", mark, change.Text)
}

func problems(out *strings.Builder, version string, ledger Ledger) {
	if found := ledger.Problems(); found != nil {
		fmt.Fprintf(out, "\ncorrections that do not fit %s\n", version)
		for _, finding := range found {
			fmt.Fprintf(out, "  %s\n", finding)
		}
	}
}
