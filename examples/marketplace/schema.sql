-- Times are Unix milliseconds.

-- What arrived, as it arrived. The unique id is the duplicate check.
CREATE TABLE IF NOT EXISTS inbox (
	seq         INTEGER PRIMARY KEY,
	id          TEXT    NOT NULL UNIQUE,
	body        BLOB    NOT NULL,
	received_at INTEGER NOT NULL,
	state       TEXT    NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'unknown', 'rejected')),
	retry_at    INTEGER NOT NULL DEFAULT 0
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

-- Where catching up goes on.
CREATE TABLE IF NOT EXISTS progress (
	webhook_id TEXT    PRIMARY KEY,
	next       INTEGER NOT NULL
) STRICT;

-- Whether a package may be offered in a territory, and since when: * stands for
-- all packages of an app, and for all territories.
CREATE TABLE IF NOT EXISTS availability (
	marketplace_app_id TEXT    NOT NULL,
	app_id             TEXT    NOT NULL,
	package_id         TEXT    NOT NULL,
	territory          TEXT    NOT NULL,
	available          INTEGER NOT NULL,
	at                 INTEGER NOT NULL,
	PRIMARY KEY (marketplace_app_id, app_id, package_id, territory)
) STRICT;

-- Apple promises no order of arrival, so the times of the events decide. At the
-- same millisecond the withdrawal does: rather offer too little than too much.
CREATE VIEW IF NOT EXISTS catalogue AS
SELECT v.*, (
	SELECT group_concat(territory) FROM (
		SELECT DISTINCT territory FROM availability a
		WHERE a.marketplace_app_id = v.marketplace_app_id AND a.app_id = v.app_id
			AND a.package_id IN (v.package_id, '*') AND a.territory <> '*' AND NOT a.available
		ORDER BY territory
	)
) AS withdrawn_in
FROM versions v WHERE NOT EXISTS (
	SELECT 1 FROM availability a
	WHERE a.marketplace_app_id = v.marketplace_app_id AND a.app_id = v.app_id
		AND a.package_id IN (v.package_id, '*') AND a.territory = '*' AND NOT a.available AND a.at >= v.available_at
);
