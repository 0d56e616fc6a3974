package sqlstore

import "database/sql"

// A Dialect is how a database speaks SQL.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "SQLite"
	MySQL      Dialect = "MySQL" // and MariaDB
	PostgreSQL Dialect = "PostgreSQL"
)

// Schema creates the table of handled notifications, unless it is there. Execute
// it among your migrations, or at start.
func (d Dialect) Schema() string { return d.statements().schema }

// statements are what the Store executes; the parameters are always service, then ID.
type statements struct {
	schema  string
	connect []string // on each connection, before the transaction
	insert  string   // service, id, body, handled_at; no row if the ID is there
	body    string   // service, id
	prune   string   // service, handled_at; one batch

	// READ COMMITTED where there is a choice: only there the second insert of an ID waits for the first
	// transaction and then sees its outcome. SQLite has one writer at a time anyway.
	isolation sql.IsolationLevel
}

func (d Dialect) statements() statements {
	const columns = "INTO handled_notifications (service, id, body, handled_at) VALUES "
	switch d {
	case SQLite:
		return statements{
			schema: `CREATE TABLE IF NOT EXISTS handled_notifications (
	service    TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	body       BLOB    NOT NULL, -- SHA-256
	handled_at INTEGER NOT NULL, -- Unix seconds
	PRIMARY KEY (service, id)
);
CREATE INDEX IF NOT EXISTS handled_notifications_handled_at ON handled_notifications (service, handled_at)`,
			// modernc's driver doesn't wait for a lock by default, and with less than FULL, as mattn's
			// driver has it in WAL mode, a power cut can undo a commit that was acknowledged.
			connect: []string{`PRAGMA busy_timeout = 10000`, `PRAGMA synchronous = FULL`},
			insert:  `INSERT ` + columns + `(?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			body:    `SELECT body FROM handled_notifications WHERE service = ? AND id = ?`,
			prune: `DELETE FROM handled_notifications WHERE rowid IN (
	SELECT rowid FROM handled_notifications WHERE service = ? AND handled_at < ? LIMIT 1000)`,
		}
	case MySQL:
		return statements{
			// VARBINARY: the default collation takes "A" and "a " for "a".
			schema: `CREATE TABLE IF NOT EXISTS handled_notifications (
	service    VARBINARY(100) NOT NULL,
	id         VARBINARY(512) NOT NULL,
	body       BINARY(32)     NOT NULL, -- SHA-256
	handled_at BIGINT         NOT NULL, -- Unix seconds
	PRIMARY KEY (service, id),
	INDEX handled_notifications_handled_at (service, handled_at)
) ENGINE=InnoDB`,
			insert: `INSERT IGNORE ` + columns + `(?, ?, ?, ?)`,
			body:   `SELECT body FROM handled_notifications WHERE service = ? AND id = ?`,
			prune:  `DELETE FROM handled_notifications WHERE service = ? AND handled_at < ? LIMIT 1000`,

			isolation: sql.LevelReadCommitted,
		}
	case PostgreSQL:
		return statements{
			schema: `CREATE TABLE IF NOT EXISTS handled_notifications (
	service    text COLLATE "C" NOT NULL, -- bytewise, so no upgrade of locales can break it
	id         text COLLATE "C" NOT NULL,
	body       bytea            NOT NULL, -- SHA-256
	handled_at bigint           NOT NULL, -- Unix seconds
	PRIMARY KEY (service, id)
);
CREATE INDEX IF NOT EXISTS handled_notifications_handled_at ON handled_notifications (service, handled_at)`,
			insert: `INSERT ` + columns + `($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			body:   `SELECT body FROM handled_notifications WHERE service = $1 AND id = $2`,
			// Rows that another replica is deleting are skipped, or the two could deadlock.
			prune: `DELETE FROM handled_notifications WHERE service = $1 AND id = ANY (ARRAY (
	SELECT id FROM handled_notifications WHERE service = $1 AND handled_at < $2 LIMIT 1000 FOR UPDATE SKIP LOCKED))`,

			isolation: sql.LevelReadCommitted,
		}
	}
	return statements{}
}
