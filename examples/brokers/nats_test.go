package brokers_test

import (
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	watermillnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// stream keeps every notification for a week. A copy within three days of the
// first is dropped; all IDs of that time are in the server's memory.
var stream = &nats.StreamConfig{
	Name:       topic,
	Subjects:   []string{topic},
	Storage:    nats.FileStorage,
	Retention:  nats.LimitsPolicy, // what others remove early is no longer recognised after a restart
	MaxAge:     7 * 24 * time.Hour,
	Duplicates: 3 * 24 * time.Hour,
	Replicas:   1, // 3 in a cluster
}

// connecting goes on through an outage of any length. Meanwhile publishing
// fails at once: nothing waits in the client, where a crash would lose it.
var connecting = []nats.Option{
	nats.RetryOnFailedConnect(true),
	nats.MaxReconnects(-1),
	nats.ReconnectBufSize(-1),
	nats.ReconnectWait(100 * time.Millisecond),
}

// startNATS starts a server on a port, or on a free one if that is 0. Every
// message is on the disk before it is acknowledged.
func startNATS(t *testing.T, folder string, port int) *server.Server {
	t.Helper()
	if port == 0 {
		port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, NoSigs: true,
		JetStream: true, StoreDir: folder, SyncAlways: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}
	return s
}

func TestNATS(t *testing.T) {
	folder := t.TempDir()
	natsServer := startNATS(t, folder, 0)
	port := natsServer.Addr().(*net.TCPAddr).Port
	url := "nats://127.0.0.1:" + strconv.Itoa(port)
	stop := func() { natsServer.Shutdown(); natsServer.WaitForShutdown() }
	t.Cleanup(func() { stop() })

	conn, err := nats.Connect(url, connecting...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := conn.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.AddStream(stream); err != nil {
		t.Fatal(err)
	}
	publisher, err := watermillnats.NewPublisher(watermillnats.PublisherConfig{
		URL: url, NatsOptions: connecting,
		JetStream: watermillnats.JetStreamConfig{
			TrackMsgId:     true,                                        // the notification's ID identifies the message
			ConnectOptions: []nats.JSOpt{nats.MaxWait(5 * time.Second)}, // below the handler's timeout
		},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = publisher.Close() })
	subscriber, err := watermillnats.NewSubscriber(watermillnats.SubscriberConfig{
		URL: url, NatsOptions: connecting,
		JetStream: watermillnats.JetStreamConfig{DurablePrefix: "catalogue"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = subscriber.Close() })

	eachArrivesOnce(t, broker{
		publisher:  publisher,
		subscriber: subscriber,
		down:       http.StatusInternalServerError, // the function fails, not the Deduplicator
		stop:       stop,
		start:      func() { natsServer = startNATS(t, folder, port) },
		stored: func() int {
			info, err := js.StreamInfo(topic)
			if err != nil {
				t.Error(err)
				return 0
			}
			return int(info.State.Msgs)
		},
	})
}
