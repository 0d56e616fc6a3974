package main

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

//go:embed schema.sql
var schema string

// migrate creates what is missing in the database.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	return alone(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, pgxstore.Schema+catalogue.Schema+schema); err != nil {
			return err
		}
		_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil) // on another connection
		return err
	})
}

// alone calls f in a transaction while no other replica is in alone. The lock, whose
// key is any number, ends with the transaction, and so with the process.
func alone(ctx context.Context, pool *pgxpool.Pool, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(808623)`); err != nil {
			return err
		}
		return f(tx)
	})
}

// serveJSON responds with the one JSON value that query returns, or with 503.
func serveJSON(pool *pgxpool.Pool, query string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		var value []byte
		if err := pool.QueryRow(ctx, query).Scan(&value); err != nil {
			slog.Error("not read", "path", r.URL.Path, "error", err)
			http.Error(w, "the database can't be read", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(value, '\n'))
	}
}
