package notification_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestServerLimits: as NewServer's comment has them.
func TestServerLimits(t *testing.T) {
	server := notification.NewServer("localhost:8080", http.NotFoundHandler())
	if server.Addr != "localhost:8080" || server.Handler == nil {
		t.Errorf("got %q, %v", server.Addr, server.Handler)
	}
	for name, limit := range map[string]struct{ got, want time.Duration }{
		"ReadHeaderTimeout": {server.ReadHeaderTimeout, 5 * time.Second},
		"ReadTimeout":       {server.ReadTimeout, 10 * time.Second},
		"WriteTimeout":      {server.WriteTimeout, 60 * time.Second},
		"IdleTimeout":       {server.IdleTimeout, 60 * time.Second},
	} {
		if limit.got != limit.want {
			t.Errorf("%s is %v, want %v", name, limit.got, limit.want)
		}
	}
	if server.MaxHeaderBytes != 16<<10 {
		t.Errorf("MaxHeaderBytes is %d", server.MaxHeaderBytes)
	}
}

// TestShutdownAsAdvised: the slowest request that can still succeed has just
// begun when Shutdown is called. Its body, the store, the function and the store
// again each take nearly as long as they may.
func TestShutdownAsAdvised(t *testing.T) {
	for _, timeout := range []time.Duration{10 * time.Second, 15 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			nearly := func(limit time.Duration) { time.Sleep(limit - time.Millisecond) }
			slow := store(func(ctx context.Context, handle func(context.Context) error) error {
				nearly(timeout)
				defer nearly(timeout)
				return handle(ctx)
			})
			l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
			server := notification.NewServer("", newHandler(t, func(context.Context, *notification.Notification) error {
				nearly(timeout)
				return nil
			}, notification.WithTimeout(timeout), notification.WithDeduplicator(slow)))
			go func() { _ = server.Serve(l) }()
			conn, err := l.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			body := fixtures(t)["app_unavailable.json"]
			fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Apple-Signature: %s\r\nContent-Length: %d\r\n\r\n",
				notification.Sign([]byte(newSecret), body), len(body))
			status := make(chan int, 1)
			go func() {
				nearly(server.ReadTimeout)
				if _, err := conn.Write(body); err != nil {
					t.Error(err)
				}
				status <- statusOn(t, conn)
			}()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), server.ReadTimeout+3*timeout+time.Second)
			defer cancel()
			if err := server.Shutdown(ctx); err != nil {
				t.Errorf("timeout %v: Shutdown: %v", timeout, err)
			}
			if got := <-status; got != http.StatusOK {
				t.Errorf("timeout %v: got %d", timeout, got)
			}
		})
	}
}
