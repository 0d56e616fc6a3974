package sqlstore

import (
	"context"
	"database/sql"
)

// A Dialect is the kind of database, one of the constants below.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "SQLite"
	MySQL      Dialect = "MySQL" // and MariaDB
	PostgreSQL Dialect = "PostgreSQL"
)

// Schema creates the table of handled notifications, unless it is there. Put it
// among your migrations, or execute it at start; on PostgreSQL, two replicas that
// execute it at the same moment can get in each other's way. An unknown dialect
// has none.
func (d Dialect) Schema() string { return d.engine().schema }

// An engine is what the Store says to a kind of database. It binds all values by position.
type engine struct {
	schema string
	insert string // service, id, hash of the body: affects no row if the ID is there
	lookup string // service, id: the hash
	prune  string // service, Unix time: deletes at most 1,000 rows

	isolation sql.IsolationLevel
	oneWriter bool // the database has one writer at a time
	silent    bool // COMMIT succeeds after the server has rolled the transaction back

	prepare func(context.Context, *sql.Conn) error // before each use of a connection; may be nil
	check   func(context.Context, *sql.Conn) error // refuses settings and damage
}

// engine returns the zero engine for an unknown dialect.
func (d Dialect) engine() engine {
	switch d {
	case SQLite:
		return sqlite()
	case MySQL:
		return mysql()
	case PostgreSQL:
		return postgresql()
	}
	return engine{}
}
