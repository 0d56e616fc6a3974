// Ascwebhooks manages the webhooks to which App Store Connect posts
// notifications, and receives what it posts. Run it with --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	sys := &system{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(run(context.Background(), sys, os.Args[1:]))
}

// system is what a command reads and writes.
type system struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	output         format
	started        bool // the command line is valid, and the command runs
}

// run executes the command line and returns the exit code.
func run(ctx context.Context, sys *system, args []string) int {
	root := newRoot(sys)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	_, usage := errors.AsType[usageError](err)
	if usage || !sys.started || errors.Is(err, wrapper.ErrInvalid) {
		sys.infof("ascwebhooks: %s (see '%s --help')", oneLine(err.Error()), cmd.CommandPath())
		return exitUsage
	}
	sys.infof("ascwebhooks: %s", oneLine(err.Error()))
	return exitFailed
}

// infof writes one line to stderr.
func (s *system) infof(format string, args ...any) {
	_, _ = fmt.Fprintf(s.stderr, format+"\n", args...)
}

// interruptible returns a context that ends with Ctrl-C, SIGTERM or the
// terminal. A second signal ends the process.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// twiceInterruptible returns a context that ends with the first signal, and
// one that ends with the second: neither ends the process.
func twiceInterruptible(parent context.Context) (first, second context.Context, stop context.CancelFunc) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	first, endFirst := context.WithCancel(parent)
	second, endSecond := context.WithCancel(context.WithoutCancel(parent))
	stopped := make(chan struct{})
	go func() {
		for _, end := range []context.CancelFunc{endFirst, endSecond} {
			select {
			case <-signals:
				end()
			case <-stopped:
				return
			}
		}
	}()
	return first, second, sync.OnceFunc(func() {
		signal.Stop(signals)
		close(stopped)
		endFirst()
		endSecond()
	})
}
