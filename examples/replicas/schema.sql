-- What arrived, as it arrived.
CREATE TABLE IF NOT EXISTS inbox (
	id          text COLLATE "C" PRIMARY KEY,
	body        bytea       NOT NULL,
	received_at timestamptz NOT NULL DEFAULT now(),
	state       text        NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'unknown', 'rejected'))
);
CREATE INDEX IF NOT EXISTS inbox_new ON inbox (received_at) WHERE state = 'new';

-- Where catching up goes on: one row.
CREATE TABLE IF NOT EXISTS progress (
	one  boolean PRIMARY KEY DEFAULT true CHECK (one),
	next timestamptz NOT NULL
);
