// Command spec follows Apple's OpenAPI document. Run it at the module's root,
// or by make spec and make spec-diff:
//
//	spec trim UPSTREAM  rewrite openapi/app-store-connect.yaml
//	spec diff UPSTREAM  show what that would change; writes nothing
//
// UPSTREAM is Apple's document, as .json or .zip. It exits 0 when done (diff:
// nothing changes) and 1 when it failed; diff exits 2 when something changes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/ascmarketplace/webhooks/internal/spec"
)

var errUsage = errors.New(`usage: spec trim UPSTREAM
       spec diff UPSTREAM
UPSTREAM is the path of Apple's document, .json or .zip (make: UPSTREAM=path)`)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code, err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string, out io.Writer) (code int, err error) {
	differs := false
	switch {
	case len(args) != 2 || args[1] == "":
		err = errUsage
	case args[0] == "trim":
		err = trim(out, args[1])
	case args[0] == "diff":
		differs, err = diff(ctx, out, args[1])
	default:
		err = errUsage
	}
	switch {
	case err != nil:
		return 1, err
	case differs:
		return 2, nil
	}
	return 0, nil
}

// trim rewrites the committed document.
func trim(out io.Writer, upstream string) error {
	document, err := trimmed(upstream)
	if err != nil {
		return err
	}
	if err := document.Err(); err != nil {
		return err
	}
	if err := spec.WriteFile(spec.CommittedDocument, document.YAML); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "wrote %s, API version %s\n", spec.CommittedDocument, document.Version)
	return err
}

// diff reports whether the trimmed document differs from the committed one.
func diff(ctx context.Context, out io.Writer, upstream string) (bool, error) {
	committed, err := spec.ReadDocument(spec.CommittedDocument)
	if err != nil {
		return false, err
	}
	document, err := trimmed(upstream)
	if err != nil {
		return false, err
	}
	return spec.Compare(ctx, out, ".", committed, document)
}

func trimmed(name string) (*spec.Document, error) {
	kept, err := spec.ReadKept("openapi/kept.yaml")
	if err != nil {
		return nil, err
	}
	overlay, err := spec.ReadOverlay("openapi/overlay.yaml")
	if err != nil {
		return nil, err
	}
	upstream, err := spec.ReadUpstream(name)
	if err != nil {
		return nil, err
	}
	return spec.Trim(upstream, kept, overlay, spec.CommittedDocument)
}
