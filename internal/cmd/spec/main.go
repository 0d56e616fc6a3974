// Command spec follows Apple's OpenAPI document. Run it at the module's root,
// or by make spec and make spec-diff:
//
//	spec trim UPSTREAM              rewrite openapi/marketplace-webhooks.yaml
//	spec diff [-from FROM] UPSTREAM what that would change; writes nothing
//
// UPSTREAM is Apple's document, as .json or .zip. FROM, by default the committed
// document, and UPSTREAM of diff may be of either kind. It exits 0 when done
// (diff: nothing changes), 1 when it failed, 2 on wrong usage; diff exits
// 3 when all changes are compatible and 4 when one is breaking.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

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
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	from := flags.String("from", "", "")
	if len(args) == 0 {
		flags.Usage()
		return 2
	}
	if err := flags.Parse(args[1:]); err != nil {
		return 2
	}
	upstream := flags.Arg(0)
	code, err := 2, error(nil)
	switch {
	case flags.NArg() != 1 || upstream == "":
		flags.Usage()
	case args[0] == "trim" && *from == "":
		code, err = trim(upstream, stdout)
	case args[0] == "diff":
		code, err = diff(ctx, *from, upstream, stdout)
	default:
		flags.Usage()
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return code
}

func trim(name string, stdout io.Writer) (int, error) {
	kept, overlay, err := committed()
	if err != nil {
		return 1, err
	}
	upstream, err := spec.ReadUpstream(name)
	if err != nil {
		return 1, err
	}
	document, ledger, err := spec.Trim(upstream, kept, overlay)
	for _, finding := range ledger {
		fmt.Fprintln(stdout, finding)
	}
	if err != nil {
		return 1, err
	}
	if err := ledger.Err(); err != nil {
		return 1, err
	}
	if err := spec.WriteFile(spec.CommittedDocument, document.YAML); err != nil {
		return 1, err
	}
	fmt.Fprintf(stdout, "wrote %s, API version %s\n", spec.CommittedDocument, document.Version)
	return 0, nil
}

func diff(ctx context.Context, from, upstream string, stdout io.Writer) (int, error) {
	kept, overlay, err := committed()
	if err != nil {
		return 1, err
	}
	if from == "" {
		from = spec.CommittedDocument
	}
	before, beforeLedger, err := spec.Open(from, kept, overlay)
	if err != nil {
		return 1, err
	}
	after, afterLedger, err := spec.Open(upstream, kept, overlay)
	if err != nil {
		return 1, err
	}
	report, err := spec.Compare(ctx, ".", before, after)
	if err != nil {
		return 1, err
	}
	report.FromLedger, report.ToLedger = beforeLedger, afterLedger
	fmt.Fprint(stdout, report)
	return int(report.Verdict()), nil
}

func committed() (*spec.Kept, *spec.Overlay, error) {
	kept, err := spec.ReadKept("openapi/kept.yaml")
	if err != nil {
		return nil, nil, err
	}
	overlay, err := spec.ReadOverlay("openapi/overlay.yaml")
	return kept, overlay, err
}
