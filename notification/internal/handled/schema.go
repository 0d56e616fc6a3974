package handled

// PostgreSQLSchema is that of both stores, so that one can take over from the other.
const PostgreSQLSchema = `
CREATE TABLE IF NOT EXISTS handled_notifications (
	service    text COLLATE "C" NOT NULL, -- bytewise, so no upgrade of locales can break it
	id         text COLLATE "C" NOT NULL,
	body_hash  bytea NOT NULL, -- SHA-256
	handled_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (service, id)
);
CREATE INDEX IF NOT EXISTS handled_notifications_handled_at ON handled_notifications (service, handled_at);
`
