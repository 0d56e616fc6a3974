-- Times are Unix milliseconds.

-- What arrived, as it arrived. The unique id is the duplicate check.
CREATE TABLE IF NOT EXISTS inbox (
	seq         INTEGER PRIMARY KEY,
	id          TEXT    NOT NULL UNIQUE,
	body        BLOB    NOT NULL,
	received_at INTEGER NOT NULL,
	state       TEXT    NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'unknown'))
) STRICT;

CREATE INDEX IF NOT EXISTS inbox_new ON inbox (seq) WHERE state = 'new';

-- What became available, and when last.
CREATE TABLE IF NOT EXISTS versions (
	marketplace_app_id TEXT    NOT NULL,
	app_id             TEXT    NOT NULL,
	package_id         TEXT    NOT NULL,
	version_id         TEXT    NOT NULL,
	version_num        TEXT    NOT NULL,
	available_at       INTEGER NOT NULL,
	PRIMARY KEY (marketplace_app_id, version_id)
) STRICT;

-- What became unavailable, and when last: a package, or * for all of an app.
CREATE TABLE IF NOT EXISTS withdrawals (
	marketplace_app_id TEXT    NOT NULL,
	app_id             TEXT    NOT NULL,
	package_id         TEXT    NOT NULL,
	withdrawn_at       INTEGER NOT NULL,
	PRIMARY KEY (marketplace_app_id, app_id, package_id)
) STRICT;

-- Apple promises no order of arrival, so the times of the events decide. At the
-- same millisecond the withdrawal does: rather offer too little than too much.
CREATE VIEW IF NOT EXISTS catalogue AS
SELECT * FROM versions v WHERE NOT EXISTS (
	SELECT 1 FROM withdrawals w
	WHERE w.marketplace_app_id = v.marketplace_app_id AND w.app_id = v.app_id
		AND w.package_id IN (v.package_id, '*') AND w.withdrawn_at >= v.available_at
);
