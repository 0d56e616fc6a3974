package notification_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// pipeListener is a network of in-memory connections: sockets would hang under
// testing/synctest.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (l *pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// serve runs the provided server, with its limits, over pipes until the
// returned function is called. Call it before the end of a synctest bubble.
func serve(t *testing.T, h http.Handler) (client *http.Client, l *pipeListener, stop func()) {
	t.Helper()
	l = &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	server := notification.NewServer("", h)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	// No keep-alive: fake time may reach the idle timeout at the very instant of the next request.
	transport := &http.Transport{DialContext: l.dial, DisableKeepAlives: true}
	return &http.Client{Transport: transport}, l, func() {
		transport.CloseIdleConnections()
		if err := server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}
}
