package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

//go:embed schema.sql
var schema string

// openStore opens the database at path, and creates what is missing in it.
// A commit is on the disk when it returns (synchronous=FULL).
func openStore(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", path+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_busy_timeout=5000")
	if err != nil {
		return nil, err
	}
	// SQLite has one writer at a time. Waiting for it here is fair, and ends with a context.
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(schema); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("database: %w", err)
	}
	return db, nil
}

// inTx commits what f did, or none of it if f fails or panics.
func inTx(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing, after a commit
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}
