package sqlstoretest

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// Rows that another transaction holds are left for the next time.
func TestPruneSkipsLockedRows(t *testing.T) {
	s := (&servers{tb: t}).newSource(t, "PostgreSQL")
	s.migrate(t)
	for i := range 3 {
		row := s.database().Row("service", fmt.Sprint("old", i), time.Now().AddDate(0, 0, -31))
		s.exec(t, `INSERT INTO handled_notifications (service, id, body_hash, handled_at) VALUES `+row)
	}
	other, err := s.open(t).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }()
	if _, err := other.ExecContext(t.Context(), `SELECT FROM handled_notifications WHERE id = 'old1' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if n, err := s.store(t).Prune(ctx, time.Now().AddDate(0, 0, -30)); n != 2 || err != nil {
		t.Errorf("%d pruned, %v", n, err)
	}
}
