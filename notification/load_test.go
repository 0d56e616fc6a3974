package notification_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestLoad sends 500 notifications, a fifth of them copies, over 64
// connections to a receiver whose function fails one time in ten. The senders
// repeat what was not acknowledged. Each distinct one is handled successfully once.
func TestLoad(t *testing.T) {
	const distinct, copies, connections = 400, 100, 64
	var mu sync.Mutex
	handled := map[string]int{}
	handler := newHandler(t, func(_ context.Context, n *notification.Notification) error {
		if rand.IntN(10) == 0 {
			return errors.New("disk full")
		}
		mu.Lock()
		defer mu.Unlock()
		handled[n.ID]++
		return nil
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := notification.NewServer("", handler)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	bodies := make([][]byte, distinct, distinct+copies)
	for i := range bodies {
		if bodies[i], err = json.Marshal(notification.New(events()[i%3])); err != nil {
			t.Fatal(err)
		}
	}
	bodies = append(bodies, bodies[:copies]...)
	rand.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	queue := make(chan []byte, len(bodies))
	for _, body := range bodies {
		queue <- body
	}
	close(queue)

	url := "http://" + listener.Addr().String()
	var senders sync.WaitGroup
	for range connections {
		senders.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for body := range queue {
				status := 0
				for status != http.StatusOK {
					response, err := client.Do(signed(t, url, newSecret, body))
					if err != nil {
						t.Error(err)
						return
					}
					response.Body.Close()
					if status = response.StatusCode; status != http.StatusOK && status != http.StatusInternalServerError {
						t.Errorf("got %d", status)
						return
					}
				}
			}
		})
	}
	senders.Wait()
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if len(handled) != distinct {
		t.Errorf("%d distinct ones were handled, want %d", len(handled), distinct)
	}
	for id, times := range handled {
		if times != 1 {
			t.Errorf("%s was handled %d times", id, times)
		}
	}
}
