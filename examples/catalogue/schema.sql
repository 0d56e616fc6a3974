-- For SQLite and PostgreSQL alike. Times are Unix milliseconds.

-- What was reported as available, and when last.
CREATE TABLE IF NOT EXISTS versions (
	app_id       TEXT   NOT NULL,
	package_id   TEXT   NOT NULL,
	version_id   TEXT   NOT NULL,
	version_num  TEXT   NOT NULL,
	available_at BIGINT NOT NULL,
	PRIMARY KEY (app_id, version_id)
);

-- Whether a package may be offered in a territory, and since when: * stands for
-- all packages of an app, and for all territories.
CREATE TABLE IF NOT EXISTS availability (
	app_id     TEXT    NOT NULL,
	package_id TEXT    NOT NULL,
	territory  TEXT    NOT NULL,
	available  BOOLEAN NOT NULL,
	at         BIGINT  NOT NULL,
	PRIMARY KEY (app_id, package_id, territory)
);
