package pgxstore

import (
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Another connection helps against what is wrong with this one, and not against what is wrong with the statement.
func TestIsStale(t *testing.T) {
	for code, want := range map[string]bool{
		"25006": true,  // read_only_sql_transaction
		"57P01": true,  // admin_shutdown
		"57P03": true,  // cannot_connect_now
		"08P01": true,  // as a pooler says that its server has gone
		"42P01": false, // undefined_table
		"53100": false, // disk_full
		"57014": false, // query_canceled
	} {
		if got := isStale(&pgconn.PgError{Code: code}); got != want {
			t.Errorf("%s: got %v", code, got)
		}
	}
	if !isStale(io.EOF) {
		t.Error("a connection that broke is not")
	}
}
