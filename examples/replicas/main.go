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

// run is one replica, until ctx is done. It then finishes the requests under way
// and the jobs that it has begun.
func run(ctx context.Context, c config, logger *slog.Logger) error {
	client, err := newClient(c, logger)
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, c.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := migrate(ctx, pool); err != nil {
		return err
	}
	jobs, err := newJobs(pool, client.PackageVersions, logger)
	if err != nil {
		return err
	}
	receiver, err := newReceiver(c.Secret, pool, jobs, logger)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/notifications", receiver)
	mux.Handle("GET /catalogue", serveJSON(pool, catalogueQuery, logger))
	mux.Handle("GET /healthz", serveJSON(pool, backlogQuery, logger))

	// Listening comes before registering, so that nobody finds the door closed.
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return err
	}
	logger.Info("listening", "addr", listener.Addr().String())
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err := jobs.Start(background); err != nil {
		return errors.Join(err, listener.Close())
	}
	registered := make(chan struct{})
	go func() { defer close(registered); register(background, c, client, pool, logger) }()
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
