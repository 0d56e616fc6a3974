// Command marketplace is a small back end of an alternative app marketplace.
// It registers its webhook, stores every notification before it answers, works
// what it stored into a catalogue, and serves the catalogue as JSON.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(logger); err != nil {
		logger.Error("stopped", "error", err)
		os.Exit(1)
	}
}

// run serves until the process is told to end.
func run(logger *slog.Logger) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	config, err := configFromEnvironment()
	if err != nil {
		return err
	}
	service, err := newService(config, logger)
	if err != nil {
		return err
	}
	return service.Run(ctx)
}
