// Command spec follows Apple's OpenAPI document. Run it at the module's root,
// or by make spec and make spec-diff:
//
//	spec trim UPSTREAM              rewrite openapi/app-store-connect.yaml
//	spec diff [-from FROM] UPSTREAM what that would change; writes nothing
//
// UPSTREAM is Apple's document, as .json or .zip. FROM, by default the committed
// document, and UPSTREAM of diff may be of either kind. It exits 0 when done
// (diff: nothing changes), 1 when it failed, and 2 when diff found differences.
package main

import (
	"cmp"
	"context"
	"errors"
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
	flags.SetOutput(io.Discard)
	from := flags.String("from", "", "")
	if len(args) == 0 || flags.Parse(args[1:]) != nil || flags.NArg() != 1 || flags.Arg(0) == "" {
		return wrongUsage(stderr)
	}
	code, err := 0, errUsage
	switch {
	case args[0] == "trim" && *from == "":
		err = trim(flags.Arg(0), stdout)
	case args[0] == "diff":
		code, err = diff(ctx, *from, flags.Arg(0), stdout)
	}
	if errors.Is(err, errUsage) {
		return wrongUsage(stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return code
}

var errUsage = errors.New("wrong usage")

func wrongUsage(stderr io.Writer) int {
	_, _ = io.WriteString(stderr, usage)
	return 1
}

// trim rewrites the committed document and prints what became of each correction.
func trim(name string, out io.Writer) error {
	c, err := readCommitted()
	if err != nil {
		return err
	}
	upstream, err := spec.ReadUpstream(name)
	if err != nil {
		return err
	}
	document, ledger, err := spec.Trim(upstream, c.kept, c.overlay, c.document)
	for _, finding := range ledger {
		_, _ = fmt.Fprintln(out, finding)
	}
	if err == nil {
		err = cmp.Or(document.Err(), ledger.Err()) // what is gone takes corrections with it
	}
	if err == nil {
		err = spec.WriteFile(spec.CommittedDocument, document.YAML)
	}
	if err == nil {
		_, err = fmt.Fprintf(out, "wrote %s, API version %s\n", spec.CommittedDocument, document.Version)
	}
	return err
}

// diff prints what taking over the document would change, and returns the exit code.
func diff(ctx context.Context, from, upstream string, out io.Writer) (int, error) {
	c, err := readCommitted()
	if err != nil {
		return 0, err
	}
	before, _, err := spec.Open(cmp.Or(from, spec.CommittedDocument), c.kept, c.overlay, c.document)
	if err != nil {
		return 0, err
	}
	after, ledger, err := spec.Open(upstream, c.kept, c.overlay, c.document)
	if err != nil {
		return 0, err
	}
	_, _ = fmt.Fprintf(out, "App Store Connect API %s -> %s\n", before.Version, after.Version)
	for _, finding := range ledger.Problems() {
		_, _ = fmt.Fprintf(out, "correction %s\n", finding)
	}
	for _, id := range after.Gone {
		_, _ = fmt.Fprintf(out, "operation gone: %s\n", id)
	}
	if !spec.Equal(before, after) {
		return 2, spec.Diff(ctx, out, ".", before, after)
	}
	if len(ledger.Problems())+len(after.Gone) > 0 {
		return 2, nil
	}
	_, err = fmt.Fprintln(out, "nothing changes")
	return 0, err
}

// committed is what the module has.
type committed struct {
	kept     *spec.Kept
	overlay  *spec.Overlay
	document *spec.Document // nil if there is none that can be read: only what is retired needs it
}

func readCommitted() (c committed, err error) {
	if c.kept, err = spec.ReadKept("openapi/kept.yaml"); err != nil {
		return c, err
	}
	if c.overlay, err = spec.ReadOverlay("openapi/overlay.yaml"); err != nil {
		return c, err
	}
	c.document, _, _ = spec.Open(spec.CommittedDocument, nil, nil, nil)
	return c, nil
}
