package main

// The sandbox's two listeners: where they listen, and how they end.

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/internal/sandbox"
)

// url is how clients reach a listener: others by the first host that is allowed.
func (f *sandboxFlags) url(listener net.Listener) string {
	bound := listener.Addr().(*net.TCPAddr)
	host := bound.IP.String()
	if bound.IP.IsUnspecified() {
		host = "127.0.0.1"
		if len(f.allowHosts) > 0 {
			host = strings.Trim(f.allowHosts[0], "[]")
		}
	}
	_, port, _ := net.SplitHostPort(bound.String())
	scheme := "http://"
	if f.tls {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}

// sandboxServers are both listeners.
type sandboxServers struct {
	api, control net.Listener
	tls          *tls.Config // nil without --tls
	caFile       string
}

func (s *sandboxServers) close() {
	_ = s.api.Close()
	_ = s.control.Close()
}

func (f *sandboxFlags) listen(box *sandbox.Sandbox, folder string) (*sandboxServers, error) {
	if err := box.CheckAddr(f.controlAddr); err != nil {
		return nil, usagef("--control-addr: %w", err)
	}
	api, _, err := listenOn(f.addr)
	if err != nil {
		return nil, err
	}
	control, err := net.Listen("tcp", f.controlAddr)
	if err != nil {
		_ = api.Close()
		return nil, cmdError("--control-addr", err)
	}
	servers := &sandboxServers{api: api, control: control}
	if f.tls {
		servers.caFile = cmp.Or(f.caFile, filepath.Join(folder, "ca.pem"))
		servers.tls, err = newCertificate(servers.caFile, append(f.allowHosts, api.Addr().String(), control.Addr().String()))
	}
	if err != nil {
		servers.close()
		return nil, cmdError("--ca-file", err)
	}
	return servers, nil
}

// serve serves both until ctx ends or one of them fails. What is under way then has until atOnce ends, or a few
// seconds: delays of faults, streams, and waiting end at once.
func (s *sandboxServers) serve(ctx, atOnce context.Context, box *sandbox.Sandbox) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = box.Fake.Close() })() // ends posts
	controlled := make(chan error, 1)
	go func() {
		defer cancel()
		// A ReadTimeout would end streams of events.
		controlled <- s.serveOne(ctx, atOnce, s.control, &http.Server{Handler: box, ReadHeaderTimeout: 10 * time.Second})
	}()
	err := s.serveOne(ctx, atOnce, s.api, &http.Server{Handler: box.AppStoreConnect, ReadTimeout: 30 * time.Second})
	cancel()
	return cmp.Or(err, <-controlled)
}

// graceful is how long what is under way has after the first signal.
const graceful = 3 * time.Second

func (s *sandboxServers) serveOne(ctx, atOnce context.Context, listener net.Listener, server *http.Server) error {
	server.BaseContext = func(net.Listener) context.Context { return ctx }
	if s.tls != nil {
		listener = tls.NewListener(listener, s.tls)
	}
	return serveUntil(ctx, server, listener, func() error {
		patience, cancel := context.WithTimeout(atOnce, graceful)
		defer cancel()
		if server.Shutdown(patience) != nil {
			_ = server.Close()
		}
		return nil
	})
}
