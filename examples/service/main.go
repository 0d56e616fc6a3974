// Command service receives the webhook notifications of one app and misses
// none: it registers its webhook, hands over what it missed while it was down,
// and remembers in SQLite what it has handled.
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
	db, err := sql.Open("sqlite", sqlstore.SQLite.DSN(cmp.Or(os.Getenv("DATABASE"), "notifications.db")))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
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

// run serves first; registering and catching up go on beside it.
func run(ctx context.Context, listener net.Listener, client *wrapper.Client, db *sql.DB) error {
	// The first secret signs; the others, of a rotation, are accepted too.
	secrets := strings.Fields(os.Getenv("ASC_WEBHOOK_SECRET"))
	handler, err := newHandler(ctx, db, secrets)
	if err != nil {
		return err
	}
	server := notification.NewServer("", handler)
	ctx, cancel := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		err := client.Webhooks.KeepUp(ctx, os.Getenv("ASC_APP_ID"), wrapper.WebhookParams{
			Name:       "notifications", // each service needs a name of its own
			URL:        os.Getenv("WEBHOOK_URL"),
			Secret:     wrapper.NewSecret(secrets[0]),
			EventTypes: wrapper.MarketplaceEvents(), // or AllEvents, or some
		}, handler.Handle, wrapper.KeepUpOptions{Report: report})
		log.Print("keeping up ended: ", err)
	}()
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() { stopped <- server.Shutdown(context.Background()) })
	err = server.Serve(listener)
	cancel()
	<-kept
	if errors.Is(err, http.ErrServerClosed) {
		err = <-stopped
	}
	return err
}
