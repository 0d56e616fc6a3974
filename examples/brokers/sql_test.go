package brokers_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	watermillsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

// tables are those of watermill-sql for topic, with wider columns: its uuid is
// a varchar(36), and its JSON refuses what is not UTF-8.
const tables = pgxstore.Schema + `
CREATE TABLE watermill_notifications (
	"offset"       bigserial,
	uuid           text NOT NULL,
	created_at     timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
	payload        bytea,
	metadata       json,
	transaction_id xid8 NOT NULL,
	PRIMARY KEY (transaction_id, "offset")
);
CREATE TABLE watermill_offsets_notifications (
	consumer_group                varchar(255) PRIMARY KEY,
	offset_acked                  bigint,
	last_processed_transaction_id xid8 NOT NULL
);`

// inTx has watermill publish in the transaction of the notification that is
// being handled: the message and the record of the ID are committed together.
type inTx struct{}

func (inTx) ExecContext(ctx context.Context, query string, args ...any) (watermillsql.Result, error) {
	tx, err := pgxstore.Tx(ctx)
	if err != nil {
		return nil, err
	}
	return watermillsql.TxFromPgx(tx).ExecContext(ctx, query, args...)
}

func (inTx) QueryContext(ctx context.Context, query string, args ...any) (watermillsql.Rows, error) {
	tx, err := pgxstore.Tx(ctx)
	if err != nil {
		return nil, err
	}
	return watermillsql.TxFromPgx(tx).QueryContext(ctx, query, args...)
}

func TestSQL(t *testing.T) {
	cluster := pgtest.Start(t)
	pool, err := pgxpool.New(t.Context(), cluster.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := pool.Exec(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
	store, err := pgxstore.New(pool, "brokers")
	if err != nil {
		t.Fatal(err)
	}
	publisher, err := watermillsql.NewPublisher(inTx{}, watermillsql.PublisherConfig{
		SchemaAdapter: watermillsql.DefaultPostgreSQLSchema{},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	subscriber, err := watermillsql.NewSubscriber(watermillsql.BeginnerFromPgx(pool), watermillsql.SubscriberConfig{
		SchemaAdapter:  watermillsql.DefaultPostgreSQLSchema{},
		OffsetsAdapter: watermillsql.DefaultPostgreSQLOffsetsAdapter{},
		PollInterval:   20 * time.Millisecond,
		RetryInterval:  20 * time.Millisecond,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}

	eachArrivesOnce(t, broker{
		publisher:  publisher,
		subscriber: subscriber,
		replica:    []notification.Option{notification.WithDeduplicator(store)},
		down:       http.StatusServiceUnavailable,
		stop:       func() { cluster.Stop(t) },
		start:      func() { cluster.Start(t) },
		stored: func() (n int) {
			if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM watermill_notifications`).Scan(&n); err != nil {
				t.Error(err)
			}
			return n
		},
	})
}
