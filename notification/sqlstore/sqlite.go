package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// busyTimeout is in milliseconds: less than a Handler's default timeout.
const busyTimeout = 5000

// sqlite has the INSERT as the first statement of each transaction, so it takes
// the write lock at once, whatever _txlock says: a transaction that has read
// before may fail without waiting.
func sqlite() engine {
	return engine{
		schema: `CREATE TABLE IF NOT EXISTS handled_notifications (
	service    TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	body_hash  BLOB    NOT NULL, -- SHA-256
	handled_at INTEGER NOT NULL, -- Unix time
	PRIMARY KEY (service, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS handled_notifications_handled_at ON handled_notifications (service, handled_at)`,
		insert: `INSERT INTO handled_notifications (service, id, body_hash, handled_at)
			VALUES (?, ?, ?, CAST(strftime('%s', 'now') AS INTEGER)) ON CONFLICT DO NOTHING`,
		lookup: `SELECT body_hash FROM handled_notifications WHERE service = ? AND id = ?`,
		prune: `DELETE FROM handled_notifications WHERE (service, id) IN (
			SELECT service, id FROM handled_notifications WHERE service = ? AND handled_at < ? ORDER BY handled_at LIMIT 1000)`,
		oneWriter: true,
		prepare:   prepareSQLite,
		check:     checkSQLite,
	}
}

// prepareSQLite makes a connection safe. Pragmas belong to a connection, and a
// pool opens them when it likes, so this happens before each use.
func prepareSQLite(ctx context.Context, conn *sql.Conn) error {
	for _, setting := range []struct {
		name    string
		atLeast int
	}{{"busy_timeout", busyTimeout}, {"synchronous", 2}} { // 2 is FULL
		var value int
		if err := conn.QueryRowContext(ctx, `PRAGMA `+setting.name).Scan(&value); err != nil {
			return err
		}
		if value >= setting.atLeast {
			continue
		}
		if _, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA %s = %d`, setting.name, setting.atLeast)); err != nil {
			return err
		}
	}
	var journal string
	if err := conn.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&journal); err != nil {
		return err
	}
	if strings.EqualFold(journal, "off") || strings.EqualFold(journal, "memory") {
		return fmt.Errorf("sqlstore: SQLite's journal_mode is %s, as in a database in memory, so a crash loses or damages "+
			"what was acknowledged: open a file, with _pragma=journal_mode(WAL) for modernc.org/sqlite "+
			"or _journal_mode=WAL for mattn/go-sqlite3 in its data source name", strings.ToUpper(journal))
	}
	return nil
}

func checkSQLite(ctx context.Context, conn *sql.Conn) error {
	var tables int
	err := conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = 'handled_notifications'`).Scan(&tables)
	if err != nil {
		return err
	}
	if tables == 0 {
		return errors.New("there is no table handled_notifications: create it from Schema")
	}
	var result string
	err = conn.QueryRowContext(ctx, `PRAGMA quick_check('handled_notifications')`).Scan(&result)
	if err == nil && result != "ok" {
		err = fmt.Errorf("the file is damaged, restore a backup: %s", result)
	}
	return err
}
