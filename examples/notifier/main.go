// Command notifier tells a team's chat what App Store Connect reports about one app: a line for each event, posted to an
// incoming webhook of Slack or of anything that takes the same. What can't be posted is tried again for days.
package main

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
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
	key := must(auth.FindKey(auth.KeyHint{}))                            // ASC_KEY_ID, ASC_ISSUER_ID, ASC_PRIVATE_KEY_PATH, ...
	baseURL := cmp.Or(os.Getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL) // set for tests only
	client := must(wrapper.NewClient(must(auth.NewTokenSource(key)), wrapper.WithBaseURL(baseURL)))
	file := cmp.Or(os.Getenv("DATABASE"), "notifier.db")
	db := must(sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)"))
	listener := must(net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), ":8080")))
	if err := run(ctx, listener, client, db, http.DefaultTransport); err != nil {
		log.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// run serves until ctx ends. The webhook is registered, and what was missed is fetched, beside the server.
func run(ctx context.Context, l net.Listener, client *wrapper.Client, db *sql.DB, transport http.RoundTripper) error {
	chatURL := os.Getenv("CHAT_URL")
	if u, err := url.Parse(chatURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("CHAT_URL must be the URL of an incoming webhook, such as https://hooks.slack.com/services/...")
	}
	secrets := bytes.Fields([]byte(os.Getenv("ASC_WEBHOOK_SECRET"))) // the first is registered, all are accepted
	verifier, err := notification.NewVerifier(secrets...)
	if err != nil {
		return fmt.Errorf("ASC_WEBHOOK_SECRET: %w", err)
	}
	store, storeErr := sqlstore.New(db, sqlstore.SQLite, "notifier")
	_, schemaErr := db.ExecContext(ctx, sqlstore.SQLite.Schema())
	facts := reader{client, os.Getenv("ASC_APP_ID")}
	handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
		line, err := facts.line(ctx, n)
		if err != nil {
			return err
		}
		return post(ctx, transport, chatURL, line)
	}, notification.WithDeduplicator(store))
	if err := cmp.Or(storeErr, schemaErr, err); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /", handler)
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {}) // it runs
	server := notification.NewServer("", mux)
	go func() {
		p := wrapper.WebhookParams{Name: "notifier", URL: os.Getenv("WEBHOOK_URL"), EventTypes: wrapper.AllEvents()}
		p.Secret = wrapper.NewSecret(string(secrets[0]))
		log.Print("no longer keeping up: ", client.Webhooks.KeepUp(ctx, facts.appID, p, handler.Handle, wrapper.KeepUpOptions{}))
	}()
	go prune(ctx, store)
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() { stopped <- server.Shutdown(context.Background()) })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// prune forgets, once a day, what the chat was told of twelve days ago: a copy may come for eleven.
func prune(ctx context.Context, store *sqlstore.Store) {
	for ctx.Err() == nil {
		if _, err := store.Prune(ctx, time.Now().AddDate(0, 0, -12)); err != nil {
			log.Print("pruning: ", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(24 * time.Hour):
		}
	}
}

// post posts a line, and drops one that the chat calls bad: it would be no better later. It follows no redirects.
func post(ctx context.Context, transport http.RoundTripper, chatURL, line string) error {
	text := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(line) // so that Slack sees no markup
	body, _ := json.Marshal(map[string]string{"text": text})                          // of a string: does not fail
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, chatURL, bytes.NewReader(body))
	if err != nil {
		return errors.New("the chat's URL can't be used") // whoever has it can post, so no error shows it
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := transport.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("the chat: %w", err)
	}
	_ = response.Body.Close()
	if response.StatusCode == http.StatusBadRequest {
		log.Printf("the chat refused this line: %s", line)
	} else if response.StatusCode/100 != 2 {
		return fmt.Errorf("the chat responded %d", response.StatusCode)
	}
	return nil
}
