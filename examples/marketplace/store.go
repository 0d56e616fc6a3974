package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

//go:embed schema.sql
var schema string

// A store is one SQLite file. It has one connection that writes, as SQLite has one
// writer at a time: waiting for it here ends with a context. Who reads has others,
// which WAL lets read meanwhile.
type store struct{ writer, readers *sql.DB }

// openStore opens the database at path, and creates what is missing in it. A
// commit is on the disk when it returns (synchronous=FULL).
func openStore(ctx context.Context, path string) (*store, error) {
	file := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
	writer, err := sql.Open("sqlite", file+"?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	readers, err := sql.Open("sqlite", file+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	readers.SetMaxOpenConns(4)
	s := &store{writer, readers}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("database: %w", err), s.Close())
	}
	return s, nil
}

func (s *store) Close() error { return errors.Join(s.readers.Close(), s.writer.Close()) }

func (s *store) migrate(ctx context.Context) error {
	migrator, err := rivermigrate.New(riversqlite.New(s.writer), nil)
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	_, err = s.writer.ExecContext(ctx, sqlstore.SQLite.Schema()+";"+catalogue.Schema+schema)
	return err
}

// inTx commits what f did, or none of it if f fails or panics.
func (s *store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing, after a commit
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// progress is where catching up goes on; zero if it never began.
func (s *store) progress(ctx context.Context) (next time.Time, err error) {
	var millis int64
	err = s.readers.QueryRowContext(ctx, `SELECT next FROM progress`).Scan(&millis)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return time.UnixMilli(millis), err
}

func (s *store) setProgress(ctx context.Context, next time.Time) error {
	if next.IsZero() {
		return nil
	}
	_, err := s.writer.ExecContext(context.WithoutCancel(ctx), `INSERT INTO progress (one, next) VALUES (1, ?)
		ON CONFLICT DO UPDATE SET next = excluded.next`, next.UnixMilli())
	return err
}
