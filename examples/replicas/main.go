// Command replicas is the back end of examples/marketplace for more than one
// machine: any number of its processes share one PostgreSQL.
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

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	c, err := configFromEnvironment()
	if err == nil {
		err = run(ctx, c)
	}
	stop()
	if err != nil {
		slog.Error("stopped", "error", err)
		os.Exit(1)
	}
}

// run is one replica, until ctx is done. It then finishes the requests under way
// and the jobs that it has begun.
func run(ctx context.Context, c config) error {
	pool, err := pgxpool.NewWithConfig(ctx, c.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := migrate(ctx, pool); err != nil {
		return err
	}
	handled, err := pgxstore.New(pool, "catalogue")
	if err != nil {
		return err
	}
	packages := &catalogue.Packages{
		Client: c.Client, HTTP: &http.Client{Timeout: downloadTimeout}, Folder: c.Packages, MaxSize: 8 << 30,
	}
	jobs, err := newJobs(pool, handled, packages)
	if err != nil {
		return err
	}
	receiver, err := newReceiver(c.Verifier, handled, jobs)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/notifications", receiver)
	readers := stdlib.OpenDBFromPool(pool)
	defer func() { _ = readers.Close() }()
	mux.Handle("GET /catalogue", catalogue.Handler(readers, slog.Default()))
	mux.Handle("GET /healthz", serveJSON(pool, backlogQuery))

	// Listening comes before registering, so that nobody finds the door closed.
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return err
	}
	slog.Info("listening", "addr", listener.Addr().String())
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err := jobs.Start(background); err != nil {
		return errors.Join(err, listener.Close())
	}
	var tasks sync.WaitGroup
	tasks.Go(func() { keepUp(background, c, pool, receiver.Handle) })
	err = serve(ctx, notification.NewServer(c.Addr, mux), listener)
	stop()
	tasks.Wait()
	<-jobs.Stopped()
	return err
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
