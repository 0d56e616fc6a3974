// Command service receives the webhook notifications of one app and loses none: it keeps its webhook registered,
// hands over what it missed, and remembers in SQLite what it has handled.
package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "modernc.org/sqlite"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	client, err := connect()
	if err != nil {
		log.Fatal(err)
	}
	file := cmp.Or(os.Getenv("DATABASE"), "service.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)")
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), ":8080"))
	if err != nil {
		log.Fatal(err)
	}
	if err := run(ctx, listener, client, db); err != nil {
		log.Fatal(err)
	}
}

func connect() (*wrapper.Client, error) {
	key, err := auth.FindKey(auth.KeyHint{}) // ASC_KEY_ID, ASC_ISSUER_ID, ASC_PRIVATE_KEY_PATH, ...
	if err != nil {
		return nil, err
	}
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return nil, err
	}
	baseURL := cmp.Or(os.Getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL) // set for tests only
	return wrapper.NewClient(tokens, wrapper.WithBaseURL(baseURL))       // create one client and reuse it
}

// run serves until ctx ends. Everything else goes on beside the server.
func run(ctx context.Context, listener net.Listener, client *wrapper.Client, db *sql.DB) error {
	secrets := strings.Fields(os.Getenv("ASC_WEBHOOK_SECRET")) // the first is registered, all are accepted
	handler, err := newHandler(ctx, db, secrets)
	if err != nil {
		return err
	}
	server := notification.NewServer("", handler)
	go func() {
		err := client.Webhooks.KeepUp(ctx, os.Getenv("ASC_APP_ID"), wrapper.WebhookParams{
			Name:       "service", // each service needs a name of its own
			URL:        os.Getenv("WEBHOOK_URL"),
			Secret:     wrapper.NewSecret(secrets[0]),
			EventTypes: wrapper.MarketplaceEvents(), // or AllEvents, or some
		}, handler.Handle, wrapper.KeepUpOptions{Report: func(pass wrapper.Pass) {
			if pass.Err != nil || pass.HandedOver+pass.Lost > 0 {
				log.Printf("caught up with %d notifications, lost %d: %v", pass.HandedOver, pass.Lost, pass.Err)
			}
		}})
		log.Print("no longer keeping up: ", err)
	}()
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() { stopped <- server.Shutdown(context.Background()) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

func newHandler(ctx context.Context, db *sql.DB, secrets []string) (*notification.Handler, error) {
	var keys [][]byte
	for _, secret := range secrets {
		keys = append(keys, []byte(secret))
	}
	verifier, err := notification.NewVerifier(keys...)
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.New(db, sqlstore.SQLite, "service")
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, sqlstore.SQLite.Schema()+`; CREATE TABLE IF NOT EXISTS inbox (at, type, body)`)
	if err := errors.Join(err, store.Check(ctx)); err != nil { // a damaged file, another's table, a full disk, ...
		return nil, err
	}
	return notification.NewHandler(verifier, keep, notification.WithDeduplicator(store))
}

// keep is your code: what it writes through Tx has its effect exactly once.
func keep(ctx context.Context, n *notification.Notification) error {
	tx, err := sqlstore.Tx(ctx)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO inbox VALUES (?, ?, ?)`, time.Now().Unix(), n.Type, n.Raw)
	return err
}
