-- Times are Unix milliseconds.

-- What arrived, as it arrived.
CREATE TABLE IF NOT EXISTS inbox (
	id          TEXT    PRIMARY KEY,
	body        BLOB    NOT NULL,
	received_at INTEGER NOT NULL,
	state       TEXT    NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'unknown', 'rejected'))
) STRICT;

-- Where catching up goes on: one row.
CREATE TABLE IF NOT EXISTS progress (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	next INTEGER NOT NULL
) STRICT;
