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
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/notification"
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
	jobs, err := newJobs(pool, c.Client.PackageVersions)
	if err != nil {
		return err
	}
	receiver, err := newReceiver(c.Verifier, pool, jobs)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/notifications", receiver)
	mux.Handle("GET /catalogue", serveJSON(pool, catalogueQuery))
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
	registered := make(chan struct{})
	go func() { defer close(registered); register(background, c, pool) }()
	err = serve(ctx, notification.NewServer(c.Addr, mux), listener)
	stop()
	<-registered
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
