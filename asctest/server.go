package asctest

// Servers for tests: over loopback, or over pipes where time is fake.

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// TB is the part of testing.TB that this package needs; *testing.T and *testing.B have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Server is a Handler that is being served until the test ends.
type Server struct {
	*Handler
	URL    string // the base URL, without a final slash
	client *http.Client
}

// Client returns a client that reaches the server. It is the only way to a pipe server.
func (s *Server) Client() *http.Client { return s.client }

// NewServer serves App Store Connect on a loopback port until the test ends. A response of its own that breaks the
// document fails t, and so does a Fault that never fired.
func NewServer(t TB, opts ...Option) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("asctest: %v", err)
	}
	return serve(t, listener, "http://"+listener.Addr().String(), &http.Transport{}, opts)
}

// NewPipeServer is NewServer without sockets: real HTTP over in-memory connections, so that it works inside
// testing/synctest, where loopback hangs.
func NewPipeServer(t TB, opts ...Option) *Server {
	t.Helper()
	listener := newPipes()
	return serve(t, listener, "http://localhost", &http.Transport{DialContext: listener.dial}, opts)
}

func serve(t TB, listener net.Listener, url string, transport *http.Transport, opts []Option) *Server {
	t.Helper()
	h, err := New(opts...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	h.onViolation = func(violation error) { t.Errorf("%v", violation) }
	ctx, cancel := context.WithCancel(context.Background())
	var conns sync.WaitGroup
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew: // from within Serve
				conns.Add(1)
			case http.StateClosed, http.StateHijacked:
				conns.Done()
			}
		},
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // always ErrServerClosed, by the cleanup below
	}()
	t.Cleanup(func() {
		cancel()
		_ = h.Close()
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
		conns.Wait() // no call may fail a test that is over
		for _, err := range h.unfired() {
			t.Errorf("%v", err)
		}
	})
	return &Server{Handler: h, URL: url, client: &http.Client{Transport: transport}}
}

// pipeListener hands the server's end of each pipe to Accept.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipes() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close is called once, by the http.Server.
func (l *pipeListener) Close() error {
	close(l.done)
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }
