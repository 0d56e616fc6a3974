// Command marketplace is a small back end of an alternative app marketplace, for
// one machine: it keeps its webhook registered, stores every notification in SQLite
// before it responds, applies what it stored to a catalogue, and serves that as JSON.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func main() {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	c, err := configFromEnvironment()
	if err == nil {
		err = run(ctx, c, logger)
	}
	stop()
	if err != nil {
		logger.Error("stopped", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx is done. It then finishes the requests under way; the next
// run goes on with the jobs.
func run(ctx context.Context, c config, logger *slog.Logger) (err error) {
	// Listening comes first: nobody is refused meanwhile, and a second process ends here, before it touches the jobs.
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	logger.Info("listening", "addr", listener.Addr().String())
	s, err := openStore(ctx, c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	packages := &catalogue.Packages{
		Client: c.Client, HTTP: &http.Client{Timeout: downloadTimeout}, Folder: c.Packages, MaxSize: 8 << 30,
	}
	if err := packages.Sweep(time.Now()); err != nil {
		return err
	}
	handled, err := sqlstore.New(s.writer, sqlstore.SQLite, "catalogue")
	if err != nil {
		return err
	}
	jobs, err := newJobs(s, handled, packages, logger)
	if err != nil {
		return err
	}
	receiver, err := newReceiver(c.Verifier, handled, jobs, logger)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/notifications", receiver)
	mux.Handle("GET /catalogue", catalogue.Handler(s.readers, logger))

	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err := jobs.Start(background); err != nil {
		return err
	}
	var tasks sync.WaitGroup
	tasks.Go(func() { keepUp(background, c, s, receiver.Handle, logger) })
	err = serve(ctx, notification.NewServer(c.Addr, mux), listener)
	stop()
	tasks.Wait()
	<-jobs.Stopped()
	return err
}

// keepUp keeps the webhook registered and hands over what could not be delivered. Its
// failure stops nothing else: a webhook that was registered before goes on to deliver.
func keepUp(
	ctx context.Context, c config, s *store, handle func(context.Context, []byte) error, logger *slog.Logger,
) {
	since, err := s.progress(ctx)
	if err != nil {
		logger.Error("progress not read: catching up with ten days", "error", err)
	}
	registered := ""
	err = c.Client.Webhooks.KeepUp(ctx, c.AppID, c.Webhook, handle, wrapper.KeepUpOptions{
		Every: c.Every, Since: since, Report: func(pass wrapper.Pass) {
			level := slog.LevelDebug
			switch {
			case pass.Err != nil || pass.Lost > 0:
				level = slog.LevelError
			case pass.HandedOver > 0 || pass.WebhookID != registered:
				level = slog.LevelInfo
			}
			registered = pass.WebhookID
			logger.Log(ctx, level, "keeping up", "webhook", pass.WebhookID, "handed over", pass.HandedOver,
				"lost", pass.Lost, "error", pass.Err)
			if err := s.setProgress(ctx, pass.Next); err != nil {
				logger.Error("progress not stored", "error", err)
			}
		}})
	if ctx.Err() == nil {
		logger.Error("no longer keeping up: fix this and start again", "error", err)
	}
}

// serve serves until ctx is done. The requests under way may then take as long as
// notification allows: 10 s to read one, 10 s to handle it.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 25*time.Second)
		defer cancel()
		return server.Shutdown(ctx)
	}
}
