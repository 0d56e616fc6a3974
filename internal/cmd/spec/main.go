// Command spec follows Apple's OpenAPI document. Run it at the module's root,
// or by make spec and make spec-diff:
//
//	spec trim UPSTREAM              rewrite openapi/app-store-connect.yaml
//	spec diff [-from FROM] UPSTREAM what that would change; writes nothing
//
// UPSTREAM is Apple's document, as .json or .zip. FROM, by default the committed
// document, and UPSTREAM of diff may be of either kind. It exits 0 when done
// (diff: nothing changes), 1 when it failed, 2 on wrong usage; diff exits
// 3 when all changes are compatible and 4 when one is breaking.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/ascmarketplace/webhooks/internal/spec"
)

const usage = `usage: spec trim UPSTREAM
       spec diff [-from FROM] UPSTREAM
UPSTREAM is the path of Apple's document, .json or .zip (make: UPSTREAM=path)
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("spec", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	from := flags.String("from", "", "")
	if len(args) == 0 || flags.Parse(args[1:]) != nil || flags.NArg() != 1 || flags.Arg(0) == "" {
		return wrongUsage(stderr)
	}
	var text string
	var code int
	var err error
	switch {
	case args[0] == "trim" && *from == "":
		text, err = trim(flags.Arg(0))
	case args[0] == "diff":
		text, code, err = diff(ctx, *from, flags.Arg(0))
	default:
		return wrongUsage(stderr)
	}
	if _, printing := io.WriteString(stdout, text); err == nil {
		err = printing
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return code
}

func wrongUsage(stderr io.Writer) int {
	_, _ = io.WriteString(stderr, usage)
	return 2
}

// trim rewrites the committed document and returns what became of each correction.
func trim(name string) (string, error) {
	kept, overlay, err := committed()
	if err != nil {
		return "", err
	}
	upstream, err := spec.ReadUpstream(name)
	if err != nil {
		return "", err
	}
	document, ledger, err := spec.Trim(upstream, kept, overlay)
	var text strings.Builder
	for _, finding := range ledger {
		fmt.Fprintln(&text, finding)
	}
	if err == nil {
		err = ledger.Err()
	}
	if err == nil {
		err = spec.WriteFile(spec.CommittedDocument, document.YAML)
	}
	if err != nil {
		return text.String(), err
	}
	fmt.Fprintf(&text, "wrote %s, API version %s\n", spec.CommittedDocument, document.Version)
	return text.String(), nil
}

// diff returns the report and its exit code.
func diff(ctx context.Context, from, upstream string) (string, int, error) {
	kept, overlay, err := committed()
	if err != nil {
		return "", 0, err
	}
	before, beforeLedger, err := spec.Open(cmp.Or(from, spec.CommittedDocument), kept, overlay)
	if err != nil {
		return "", 0, err
	}
	after, afterLedger, err := spec.Open(upstream, kept, overlay)
	if err != nil {
		return "", 0, err
	}
	report, err := spec.Compare(ctx, ".", before, after)
	if err != nil {
		return "", 0, err
	}
	report.FromLedger, report.ToLedger = beforeLedger, afterLedger
	return report.String(), int(report.Verdict()), nil
}

func committed() (*spec.Kept, *spec.Overlay, error) {
	kept, err := spec.ReadKept("openapi/kept.yaml")
	if err != nil {
		return nil, nil, err
	}
	overlay, err := spec.ReadOverlay("openapi/overlay.yaml")
	return kept, overlay, err
}
