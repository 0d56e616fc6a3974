package brokers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/ascmarketplace/webhooks/notification"
)

const topic = "notifications"

var secret = []byte("known to App Store Connect and to us")

// broker is what the engines differ in.
type broker struct {
	publisher   message.Publisher
	subscriber  message.Subscriber
	replica     []notification.Option // how a receiver removes duplicates
	stop, start func()
	stored      func() int // how many messages the broker has
	down        int        // the status while it is stopped
}

// eachArrivesOnce has two replicas get every notification four times. The first
// attempt at each fails after it has published. In between the broker is down.
func eachArrivesOnce(t *testing.T, b broker) {
	const notifications, copies = 50, 4
	messages, err := b.subscriber.Subscribe(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	urls := []string{b.newReplica(t), b.newReplica(t)}
	var bodies [][]byte
	for range notifications {
		bodies = append(bodies, newBody(t, ""))
	}
	bodies[0] = newBody(t, strings.Repeat("x", 512)) // the longest ID there is

	var senders sync.WaitGroup
	for i := range copies {
		senders.Go(func() {
			for _, body := range bodies {
				if !postUntilAccepted(t, urls[i%len(urls)], body) {
					return
				}
			}
		})
	}
	senders.Wait()
	b.received(t, messages, bodies, nil)

	late := newBody(t, "")
	b.stop()
	if got := post(t, urls[0], late); got != b.down {
		t.Errorf("while the broker is down: got %d, want %d", got, b.down)
	}
	b.start()
	postUntilAccepted(t, urls[0], late)
	b.received(t, messages, [][]byte{late}, bodies) // a crash may have undone their acknowledgment

	// A replica that starts now knows of none of them. Nothing of what follows is new.
	restarted := b.newReplica(t)
	for _, body := range append(bodies, late) {
		postUntilAccepted(t, restarted, body)
	}
	if got, want := b.stored(), len(bodies)+1; got != want {
		t.Errorf("the broker has %d messages, want %d", got, want)
	}
}

// newReplica starts a receiver, whose first attempt at each notification fails
// when the broker has it already.
func (b broker) newReplica(t *testing.T) string {
	t.Helper()
	verifier, err := notification.NewVerifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	var failed sync.Map
	publish := publishTo(b.publisher, topic)
	function := func(ctx context.Context, n *notification.Notification) error {
		if err := publish(ctx, n); err != nil {
			return err
		}
		if _, again := failed.LoadOrStore(n.ID, true); !again {
			return errors.New("after publishing")
		}
		return nil
	}
	handler, err := notification.NewHandler(verifier, function,
		append(b.replica, notification.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// received takes as many messages as there are bodies. They have to be these, each once, in any order, but for
// those that may come again.
func (b broker) received(t *testing.T, messages <-chan *message.Message, bodies, again [][]byte) {
	t.Helper()
	want, known := byID(t, bodies), byID(t, again)
	for len(want) > 0 {
		select {
		case m := <-messages:
			body, isNew := want[m.UUID]
			if !isNew {
				body = known[m.UUID]
			}
			if body != string(m.Payload) || m.Metadata.Get("type") != "AppUnavailable" {
				t.Errorf("got %.40s of type %s, %d bytes: want each once and as it was received",
					m.UUID, m.Metadata.Get("type"), len(m.Payload))
			}
			delete(want, m.UUID)
			m.Ack()
		case <-time.After(30 * time.Second):
			t.Fatalf("%d messages are missing", len(want))
		}
	}
}

func byID(t *testing.T, bodies [][]byte) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, body := range bodies {
		n, err := notification.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		all[n.ID] = string(body)
	}
	return all
}

// newBody returns a notification like no other, or one with this ID.
func newBody(t *testing.T, id string) []byte {
	t.Helper()
	n := notification.New(&notification.AppUnavailable{MarketplaceAppID: "1", AppID: "2"})
	if id != "" {
		n.ID = id
	}
	body, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// postUntilAccepted repeats for as long as a broker may take to come back.
func postUntilAccepted(t *testing.T, url string, body []byte) bool {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < 30*time.Second; {
		if post(t, url, body) == http.StatusOK {
			return true
		}
	}
	t.Error("never accepted")
	return false
}

func post(t *testing.T, url string, body []byte) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	request.Header.Set(notification.SignatureHeader, notification.Sign(secret, body))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
