package main

// Serving HTTP until interrupted.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"
)

func addrFlag(cmd *cobra.Command, addr *string, preset string) {
	cmd.Flags().StringVar(addr, "addr", preset, "`address` to listen on, such as :8080 for port 8080 of every interface;\nport 0 takes a free one")
}

// listenOn listens on addr and returns the URL at which this machine reaches it.
func listenOn(addr string) (listener net.Listener, url string, err error) {
	_, port, err := net.SplitHostPort(addr)
	if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil {
		return nil, "", usagef("--addr must be host:port, such as 127.0.0.1:8080 or :8080")
	}
	if listener, err = net.Listen("tcp", addr); err != nil {
		return nil, "", fmt.Errorf("--addr: %w", err)
	}
	bound := listener.Addr().(*net.TCPAddr)
	host := bound.IP.String()
	if bound.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return listener, "http://" + net.JoinHostPort(host, strconv.Itoa(bound.Port)), nil
}

// reach says where a listener is reached; it ends with the URL.
func reach(listener net.Listener, url string) string {
	if bound := listener.Addr().(*net.TCPAddr); bound.IP.IsUnspecified() {
		return "port " + strconv.Itoa(bound.Port) + " of every interface; on this machine " + url
	}
	return url
}

// serve serves until ctx ends, and then finishes what is under way. The
// server's own timeouts bound that.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	return serveUntil(ctx, server, listener, func() error { return server.Shutdown(context.WithoutCancel(ctx)) })
}

// serveUntil serves until ctx ends, and then shuts down.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener, shutdown func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	if err := shutdown(); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
