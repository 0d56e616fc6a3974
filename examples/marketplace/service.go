package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// A service is made by newService and lives for one Run.
type service struct {
	config        config
	logger        *slog.Logger
	db            *sql.DB
	worker        *worker
	receiver      *notification.Handler
	server        *http.Server
	client        *wrapper.Client
	registerAgain time.Duration
}

func newService(c config, logger *slog.Logger) (*service, error) {
	client, err := newClient(c, logger)
	if err != nil {
		return nil, err
	}
	verifier, err := notification.NewVerifier([]byte(c.Secret))
	if err != nil {
		return nil, err
	}
	db, err := openStore(c.Database)
	if err != nil {
		return nil, err
	}
	inbox := newInbox(db, logger)
	receiver, err := notification.NewHandler(verifier, inbox.Store,
		notification.WithDeduplicator(inbox), notification.WithLogger(logger))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("/notifications", receiver)
	mux.Handle("GET /catalogue", serveCatalogue(db, logger))
	return &service{
		config: c, logger: logger, db: db, receiver: receiver, client: client,
		worker:        &worker{inbox, newDownloader(client, c.Packages), time.Second},
		server:        notification.NewServer(c.Addr, mux),
		registerAgain: time.Minute,
	}, nil
}

// Run serves until ctx is done. It then finishes the requests under way, stops
// the worker, whose next run goes on from there, and closes the database.
func (s *service) Run(ctx context.Context) error {
	// Listening comes before registering, so that nobody finds the door closed.
	listener, err := net.Listen("tcp", s.server.Addr)
	if err != nil {
		return errors.Join(err, s.db.Close())
	}
	s.logger.Info("listening", "addr", listener.Addr().String())

	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var tasks sync.WaitGroup
	tasks.Go(func() { s.worker.work(background) })
	tasks.Go(func() { s.register(background) })
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(listener) }()

	select {
	case err = <-served:
	case <-ctx.Done():
		s.logger.Info("shutting down")
		err = s.drain()
	}
	stop()
	tasks.Wait()
	return errors.Join(err, s.db.Close())
}

// drain takes no more requests and finishes those under way. Reading one takes
// at most 10 s and handling it another 10 s, by notification's defaults.
func (s *service) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), 25*time.Second)
	defer cancel()
	return s.server.Shutdown(ctx)
}
