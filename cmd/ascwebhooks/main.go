// Ascwebhooks looks after the webhook to which App Store Connect posts
// notifications for alternative app marketplaces. Run it with --help.
package main

import (
	"context"
	"os"
)

func main() {
	sys := &system{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	os.Exit(run(context.Background(), sys, os.Args[1:]))
}
