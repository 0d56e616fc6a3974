package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// mysql has its keys as VARBINARY, since the default collation takes "A" and
// "a " for "a". INSERT IGNORE affects no row for a duplicate, whatever
// clientFoundRows says, but cuts an ID that is too long, so Once refuses it first.
func mysql() engine {
	return engine{
		schema: `CREATE TABLE IF NOT EXISTS handled_notifications (
	service    VARBINARY(100) NOT NULL,
	id         VARBINARY(512) NOT NULL,
	body_hash  BINARY(32)     NOT NULL, -- SHA-256
	handled_at BIGINT         NOT NULL, -- Unix time
	PRIMARY KEY (service, id),
	INDEX handled_notifications_handled_at (service, handled_at)
) ENGINE=InnoDB`,
		insert: `INSERT IGNORE INTO handled_notifications (service, id, body_hash, handled_at)
			VALUES (?, ?, ?, UNIX_TIMESTAMP())`,
		lookup:    `SELECT body_hash FROM handled_notifications WHERE service = ? AND id = ?`,
		prune:     `DELETE FROM handled_notifications WHERE service = ? AND handled_at < ? ORDER BY handled_at LIMIT 1000`,
		isolation: sql.LevelReadCommitted, // the second insert of an ID waits for the first transaction
		silent:    true,
		check:     checkMySQL,
	}
}

func checkMySQL(ctx context.Context, conn *sql.Conn) error {
	var flush int
	err := conn.QueryRowContext(ctx, `SELECT @@GLOBAL.innodb_flush_log_at_trx_commit`).Scan(&flush)
	if err == nil && flush != 1 {
		err = fmt.Errorf("innodb_flush_log_at_trx_commit is %d, so a crash loses what was acknowledged: set it to 1", flush)
	}
	return err
}

// isDeadlock reads the text, since the driver's error has a type that only it declares.
func isDeadlock(err error) bool { return strings.Contains(err.Error(), "Error 1213") }
