package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const onePackage = `{"versions":[{"appId":"6478123456","packageId":"p","versionId":"v","versionNum":"1"}]}` + "\n"

func available() *notification.PackageVersionAvailable {
	return &notification.PackageVersionAvailable{
		MarketplaceAppID: "6477361842", AppID: "6478123456", PackageID: "p", PackageVersionID: "v", PackageVersionNum: "1",
	}
}

const appID = "6477361842"

// newApple is App Store Connect with the marketplace's app, by the live rules.
func newApple(t *testing.T, opts ...asctest.Option) *asctest.Server {
	t.Helper()
	return asctest.NewServer(t, append(opts, asctest.WithApp(appID))...)
}

// oneDelivery is a notification for the one webhook that is registered.
func oneDelivery(t *testing.T, apple *asctest.Server) (asctest.SignedNotification, error) {
	t.Helper()
	webhooks := apple.State().Webhooks
	if len(webhooks) != 1 {
		return asctest.SignedNotification{}, fmt.Errorf("%d webhooks are registered", len(webhooks))
	}
	signed, err := apple.Sign(webhooks[0].ID, notification.New(available()))
	if err != nil {
		return asctest.SignedNotification{}, err
	}
	return signed[0], nil
}

// A service runs in this process until the test ends, or until it is stopped.
type service struct {
	apple    *asctest.Server
	addr     string
	database string
	packages string
	log      *logbook
	stop     func()
}

func newService(t *testing.T, apple *asctest.Server) *service {
	t.Helper()
	return &service{apple: apple, addr: freeAddr(t), database: databasePath(t), packages: t.TempDir(), log: &logbook{}}
}

// serve starts the service with these secrets.
func (s *service) serve(t *testing.T, secrets string) {
	t.Helper()
	tokens, err := auth.NewTokenSource(auth.Key(s.apple.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(s.apple.URL))
	if err != nil {
		t.Fatal(err)
	}
	c := config{
		AppID: appID, Addr: s.addr, Client: client, Database: s.database, Packages: s.packages, Every: time.Second,
	}
	if err := c.setSecrets("http://"+s.addr+"/notifications", secrets); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, c, slog.New(slog.NewTextHandler(s.log, nil))) }()
	s.stop = sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("logged:\n%s", s.log)
		}
	})
	t.Cleanup(s.stop)
	eventually(t, func() error {
		_, err := get(t, "http://"+s.addr+"/catalogue")
		return err
	})
}

// newServed is a new service that serves.
func newServed(t *testing.T, apple *asctest.Server) *service {
	t.Helper()
	s := newService(t, apple)
	s.serve(t, secret)
	return s
}

// registered waits for the webhook.
func registered(t *testing.T, apple *asctest.Server) asctest.Webhook {
	t.Helper()
	eventually(t, func() error {
		_, err := oneDelivery(t, apple)
		return err
	})
	return apple.State().Webhooks[0]
}

func TestRegistersAndReceives(t *testing.T) {
	apple := newApple(t)
	addr := newServed(t, apple).addr
	if got := registered(t, apple); got.URL != "http://"+addr+"/notifications" || got.Secret != secret {
		t.Errorf("registered for %s", got.URL)
	}
	delivery, err := oneDelivery(t, apple)
	if err != nil {
		t.Fatal(err)
	}
	if sent, err := delivery.Send(t.Context()); sent.StatusCode != http.StatusOK || err != nil {
		t.Errorf("responded %d, %v", sent.StatusCode, err)
	}
	eventually(t, func() error { return catalogueIs(t, addr, onePackage) })
}

// What was registered before goes on to deliver, whatever the API is up to.
func TestReceivesDuringAnOutage(t *testing.T) {
	apple := newApple(t)
	apple.FailNext(asctest.Fault{Status: http.StatusInternalServerError, Times: -1})
	addr := newServed(t, apple).addr
	before := asctest.Webhook{
		AppID: appID, Name: "marketplace", URL: "http://" + addr + "/notifications", Secret: secret, Enabled: true,
	}
	if err := apple.Update(func(s *asctest.State) { s.Webhooks = []asctest.Webhook{before} }); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		delivery, err := oneDelivery(t, apple)
		if err == nil {
			_, err = delivery.Send(t.Context())
		}
		return err
	})
	eventually(t, func() error { return catalogueIs(t, addr, onePackage) })

	if err := apple.Update(func(s *asctest.State) { s.Webhooks, s.Faults = nil, nil }); err != nil {
		t.Fatal(err)
	}
	registered(t, apple)
}

func TestDuplicatesAndForgeries(t *testing.T) {
	apple := newApple(t)
	s := newServed(t, apple)
	addr, database := s.addr, s.database
	registered(t, apple)
	delivery, err := oneDelivery(t, apple)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(d asctest.SignedNotification, want int) {
		if sent, err := d.Send(t.Context()); sent.StatusCode != want || err != nil {
			t.Errorf("responded %d, %v; want %d", sent.StatusCode, err, want)
		}
	}
	expect(delivery.Forged(), http.StatusUnauthorized)
	if err := catalogueIs(t, addr, `{"versions":[]}`+"\n"); err != nil {
		t.Error(err)
	}
	var senders sync.WaitGroup
	for range 16 {
		senders.Go(func() { expect(delivery, http.StatusOK) })
	}
	senders.Wait()
	expect(delivery, http.StatusOK)
	expect(delivery.Forged(), http.StatusUnauthorized)
	eventually(t, func() error { return inboxIs(t, database, map[string]int{"applied": 1}) })
}

// A process that is told to end finishes the request that it is reading.
func TestSIGTERM(t *testing.T) {
	apple := newApple(t)
	addr, database := freeAddr(t), databasePath(t)
	service := start(t, apple, addr, database, t.TempDir())
	delivery, err := oneDelivery(t, apple)
	if err != nil {
		t.Fatal(err)
	}
	body, writer := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, delivery.EndpointURL, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(notification.SignatureHeader, delivery.Signature)
	request.Header.Set("Expect", "100-continue") // so that the first write returns only when it is being read
	status := make(chan string, 1)
	go func() {
		client := http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute, DisableKeepAlives: true}}
		response, err := client.Do(request)
		if err != nil {
			status <- err.Error()
			return
		}
		_ = response.Body.Close()
		status <- response.Status
	}()
	first, rest := delivery.Body[:10], delivery.Body[10:]
	if _, err := writer.Write(first); err != nil {
		t.Fatal(err)
	}

	service.signal(t, syscall.SIGTERM)
	eventually(t, func() error { return refused(addr) })
	_, _ = io.Copy(writer, bytes.NewReader(rest))
	_ = writer.Close()
	if got := <-status; got != "200 OK" {
		t.Error(got)
	}
	if err := service.cmd.Wait(); err != nil {
		t.Errorf("%v, having logged:\n%s", err, service.log)
	}
	if left, _ := filepath.Glob(database + "-*"); len(left) > 0 {
		t.Errorf("the database was not closed: %s is still there", left)
	}
	start(t, apple, addr, database, t.TempDir())
	eventually(t, func() error { return catalogueIs(t, addr, onePackage) })
}

// refused is nil when nothing listens any more.
func refused(addr string) error {
	connection, err := net.Dial("tcp", addr)
	if err != nil {
		return nil
	}
	_ = connection.Close()
	return io.ErrNoProgress
}
