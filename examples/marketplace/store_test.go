package main

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// However many read, and however long it takes them, the receiver can write: readers have connections of their own.
func TestReadersDoNotStarveTheReceiver(t *testing.T) {
	s, err := openStore(t.Context(), databasePath(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for range s.readers.Stats().MaxOpenConnections {
		rows, err := s.readers.QueryContext(t.Context(), `SELECT name FROM sqlite_master`)
		if err != nil || !rows.Next() || rows.Err() != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO progress VALUES (1, 1)`)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := s.readers.ExecContext(ctx, `DELETE FROM progress`); err == nil {
		t.Error("a reader could write")
	}
}

// A second process on the same address ends before it touches the jobs and downloads of the first.
func TestSecondProcess(t *testing.T) {
	apple := newApple(t)
	s := newServed(t, apple)
	registered(t, apple)
	unfinished := filepath.Join(s.packages, ".download-1")
	if err := os.WriteFile(unfinished, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), config{Addr: s.addr, Database: s.database, Packages: s.packages}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(unfinished); err != nil {
		t.Error(err)
	}
}
