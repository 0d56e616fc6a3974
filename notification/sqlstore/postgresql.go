package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ascmarketplace/webhooks/notification/internal/handled"
)

// postgresql needs READ COMMITTED whatever the server's default, because only
// there the second insert of an ID waits for the first transaction and then
// sees its outcome; in stricter levels it fails.
func postgresql() engine {
	return engine{
		schema: handled.PostgreSQLSchema,
		insert: `INSERT INTO handled_notifications (service, id, body_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		lookup: `SELECT body_hash FROM handled_notifications WHERE service = $1 AND id = $2`,
		// Rows that another replica is deleting are skipped, or the two could deadlock.
		prune: `DELETE FROM handled_notifications WHERE service = $1 AND id = ANY (ARRAY (
			SELECT id FROM handled_notifications WHERE service = $1 AND handled_at < to_timestamp($2)
			ORDER BY handled_at LIMIT $3 FOR UPDATE SKIP LOCKED))`,
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
