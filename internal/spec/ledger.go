package spec

import (
	"fmt"
	"strings"
)

// Status says what became of a correction.
type Status string

// The last two fail a trim.
const (
	Applied   Status = "applied"
	Retired   Status = "retired"          // its schema is kept as it was committed
	NotNeeded Status = "no longer needed" // upstream has it
	NoTarget  Status = "without a target" // upstream has changed where it applied, or has not what it removes
)

// Finding is what became of one correction.
type Finding struct {
	Correction string
	Status     Status
	Detail     string // where, and what to do; empty when all is well
}

func (f Finding) isProblem() bool { return f.Status == NotNeeded || f.Status == NoTarget }

func (f Finding) String() string {
	if f.Detail == "" {
		return fmt.Sprintf("%-16s  %s", f.Status, f.Correction)
	}
	return fmt.Sprintf("%-16s  %s: %s", f.Status, f.Correction, f.Detail)
}

// Ledger lists every correction in the order of the overlay.
type Ledger []Finding

// Problems lists the corrections that the files must be edited for.
func (l Ledger) Problems() Ledger {
	var problems Ledger
	for _, finding := range l {
		if finding.isProblem() {
			problems = append(problems, finding)
		}
	}
	return problems
}

// Err names every problem, or is nil.
func (l Ledger) Err() error {
	var texts []string
	for _, finding := range l.Problems() {
		texts = append(texts, fmt.Sprintf("%q is %s", finding.Correction, finding.Status))
	}
	if texts == nil {
		return nil
	}
	return fmt.Errorf("spec: nothing written: correction %s", strings.Join(texts, "; correction "))
}
