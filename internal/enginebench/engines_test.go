package enginebench

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

// poolSize is the number of connections to PostgreSQL.
const poolSize = 16

// startMemory keeps everything in the process: what a restart forgets.
func startMemory(*testing.B) engine {
	var mu sync.Mutex
	var inbox [][]byte
	return engine{
		function: func(_ context.Context, n *notification.Notification) error {
			mu.Lock()
			defer mu.Unlock()
			inbox = append(inbox, n.Raw)
			return nil
		},
		stored: func() int { return len(inbox) },
	}
}

// startPGX inserts a row in the transaction of pgxstore.
func startPGX(b *testing.B) engine {
	return onPostgreSQL(b, newPool(b), func(context.Context, *notification.Notification) error { return nil })
}

// startRiver also enqueues a job for it, which nobody works on.
func startRiver(b *testing.B) engine {
	pool := newPool(b)
	driver := riverpgxv5.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := migrator.Migrate(b.Context(), rivermigrate.DirectionUp, nil); err != nil {
		b.Fatal(err)
	}
	client, err := river.NewClient(driver, &river.Config{})
	if err != nil {
		b.Fatal(err)
	}
	return onPostgreSQL(b, pool, func(ctx context.Context, n *notification.Notification) error {
		tx, err := pgxstore.Tx(ctx)
		if err != nil {
			return err
		}
		_, err = client.InsertTx(ctx, tx, job{n.ID}, nil)
		return err
	})
}

type job struct {
	ID string `json:"id"`
}

func (job) Kind() string { return "notification" }

func newPool(b *testing.B) *pgxpool.Pool {
	b.Helper()
	config, err := pgxpool.ParseConfig(pgtest.Start(b).NewDatabase(b))
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = poolSize
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return pool
}

// onPostgreSQL is an inbox, with more to do in the same transaction.
func onPostgreSQL(b *testing.B, pool *pgxpool.Pool, more function) engine {
	b.Helper()
	const inbox = `CREATE TABLE inbox (id text NOT NULL, body bytea NOT NULL)`
	if _, err := pool.Exec(b.Context(), pgxstore.Schema+inbox); err != nil {
		b.Fatal(err)
	}
	store, err := pgxstore.New(pool, "bench")
	if err != nil {
		b.Fatal(err)
	}
	return engine{
		options: []notification.Option{notification.WithDeduplicator(store)},
		function: func(ctx context.Context, n *notification.Notification) error {
			tx, err := pgxstore.Tx(ctx)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO inbox (id, body) VALUES ($1, $2)`, n.ID, n.Raw); err != nil {
				return err
			}
			return more(ctx, n)
		},
		stored: func() (n int) {
			if err := pool.QueryRow(b.Context(), `SELECT count(*) FROM inbox`).Scan(&n); err != nil {
				b.Error(err)
			}
			return n
		},
	}
}

// startNATS publishes to a stream of an embedded server, over loopback, with
// every message on the disk before it is acknowledged.
func startNATS(b *testing.B) engine {
	const subject = "notifications"
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true,
		JetStream: true, StoreDir: b.TempDir(), SyncAlways: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	s.Start()
	b.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		b.Fatal("the NATS server is not ready")
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		b.Fatal(err)
	}
	stream, err := js.CreateStream(b.Context(), jetstream.StreamConfig{
		Name: subject, Subjects: []string{subject}, Storage: jetstream.FileStorage, Duplicates: 24 * time.Hour,
	})
	if err != nil {
		b.Fatal(err)
	}
	return engine{
		function: func(ctx context.Context, n *notification.Notification) error {
			_, err := js.Publish(ctx, subject, n.Raw, jetstream.WithMsgID(n.ID))
			return err
		},
		stored: func() int {
			info, err := stream.Info(b.Context())
			if err != nil {
				b.Error(err)
				return 0
			}
			return int(info.State.Msgs)
		},
	}
}
