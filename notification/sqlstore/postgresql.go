package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
)

// postgresql needs READ COMMITTED whatever the server's default, because only
// there the second insert of an ID waits for the first transaction and then
// sees its outcome; in stricter levels it fails. The table is also pgxstore's.
func postgresql() engine {
	return engine{
		schema: `CREATE TABLE IF NOT EXISTS handled_notifications (
	service    text COLLATE "C" NOT NULL, -- bytewise, so no upgrade of locales can break it
	id         text COLLATE "C" NOT NULL,
	body_hash  bytea            NOT NULL, -- SHA-256
	handled_at timestamptz      NOT NULL DEFAULT now(),
	PRIMARY KEY (service, id)
);
CREATE INDEX IF NOT EXISTS handled_notifications_handled_at ON handled_notifications (service, handled_at)`,
		insert: `INSERT INTO handled_notifications (service, id, body_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		lookup: `SELECT body_hash FROM handled_notifications WHERE service = $1 AND id = $2`,
		// Rows that another replica is deleting are skipped, or the two could deadlock.
		prune: `DELETE FROM handled_notifications WHERE service = $1 AND id = ANY (ARRAY (
			SELECT id FROM handled_notifications WHERE service = $1 AND handled_at < to_timestamp($2)
			ORDER BY handled_at LIMIT 1000 FOR UPDATE SKIP LOCKED))`,
		isolation: sql.LevelReadCommitted,
		check:     checkPostgreSQL,
	}
}

func checkPostgreSQL(ctx context.Context, conn *sql.Conn) error {
	for _, setting := range []string{"fsync", "synchronous_commit"} {
		var value string
		if err := conn.QueryRowContext(ctx, `SHOW `+setting).Scan(&value); err != nil {
			return err
		}
		if value == "off" {
			return fmt.Errorf("%s is off, so a crash loses what was acknowledged: set it to on", setting)
		}
	}
	return nil
}
