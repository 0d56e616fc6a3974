package storetest

import (
	"fmt"
	"time"
)

// PostgreSQL fills in what both stores on PostgreSQL have in common.
func PostgreSQL(d Database) Database {
	d.Row = func(service, id string, handled time.Time) string {
		return fmt.Sprintf(`('%s', '%s', '\x00', to_timestamp(%d))`, service, id, handled.Unix())
	}
	d.Protect = `
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'protected'; END $$;
		CREATE TRIGGER protect BEFORE DELETE ON handled_notifications
		FOR EACH ROW WHEN (OLD.id = 'second1') EXECUTE FUNCTION refuse()`
	return d
}
