-- What arrived, as it arrived.
CREATE TABLE IF NOT EXISTS inbox (
	id          text COLLATE "C" PRIMARY KEY,
	body        bytea       NOT NULL,
	received_at timestamptz NOT NULL DEFAULT now(),
	state       text        NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'unknown', 'rejected'))
);
CREATE INDEX IF NOT EXISTS inbox_new ON inbox (received_at) WHERE state = 'new';

-- What the catalogue offers, wherever it is available.
CREATE TABLE IF NOT EXISTS versions (
	marketplace_app_id text, app_id text NOT NULL, package_id text NOT NULL, version_id text, version_num text NOT NULL,
	PRIMARY KEY (marketplace_app_id, version_id)
);

-- Whether a package may be offered in a territory, and since when: * stands for
-- all packages of an app.
CREATE TABLE IF NOT EXISTS availability (
	marketplace_app_id text, app_id text, package_id text, territory text,
	available boolean NOT NULL, at timestamptz NOT NULL,
	PRIMARY KEY (marketplace_app_id, app_id, package_id, territory)
);
