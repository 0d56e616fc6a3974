package main

// What listen does with a notification: posting it to another server, or running a command.

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

// handOver holds the flags, and what they come to.
type handOver struct {
	target, exec, caFile string
	events               []string // empty: all types
	insecure, everyCopy  bool
	timeout              time.Duration

	poster poster
	turn   chan struct{}   // holds one while a command runs
	until  context.Context // ends a command
}

func (h *handOver) handOverFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&h.target, "forward", "", "`URL` to post genuine notifications to")
	f.StringVar(&h.exec, "exec", "", "`command` to run for each notification, by the shell")
	f.StringArrayVar(&h.events, "event", nil, "`type` of notification to take, as listen prints it (repeatable; default all)")
	f.BoolVar(&h.everyCopy, "every-copy", false, "take duplicates too")
	f.DurationVar(&h.timeout, "timeout", 10*time.Second, "how long --forward or --exec may take, such as 5m;\nthen the response is 503")
	f.StringVar(&h.caFile, "ca-file", "", "`path` of the certificates (PEM) that --forward trusts besides this machine's")
	f.BoolVar(&h.insecure, "insecure", false, "let --forward trust any certificate")
	complete(cmd, "event", sample.Types()...)
	completeFiles(cmd, "ca-file")
	cmd.MarkFlagsMutuallyExclusive("forward", "exec")
	cmd.MarkFlagsMutuallyExclusive("ca-file", "insecure")
}

func (h *handOver) check() error {
	if h.target != "" {
		if err := checkTarget("--forward", h.target); err != nil {
			return err
		}
	} else if h.caFile != "" || h.insecure {
		return usagef("--ca-file and --insecure are for --forward: give its URL")
	}
	for _, typ := range h.events {
		if !slices.Contains(sample.Types(), typ) {
			return usagef("--event must be one of %s", strings.Join(sample.Types(), ", "))
		}
	}
	if h.timeout < time.Second || h.timeout > time.Hour {
		return usagef("--timeout must be between a second and an hour, such as 5m")
	}
	config, err := h.tlsConfig()
	if err != nil {
		return err
	}
	h.poster.timeout = h.timeout
	if config != nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.TLSClientConfig = config
		h.poster.transport = own
	}
	return nil
}

func (h *handOver) tlsConfig() (*tls.Config, error) {
	switch {
	case h.insecure:
		return &tls.Config{InsecureSkipVerify: true}, nil // as the user asked
	case h.caFile == "":
		return nil, nil
	}
	pem, err := os.ReadFile(h.caFile)
	if err != nil {
		return nil, usagef("--ca-file: %w; give the path of a PEM file", withoutPath(err))
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usagef("--ca-file holds no certificate: it must be PEM, with BEGIN CERTIFICATE")
	}
	return &tls.Config{RootCAs: pool}, nil
}

// give hands a notification over, if that was asked for.
func (h *handOver) give(ctx context.Context, n *notification.Notification, out io.Writer) error {
	switch {
	case h.target != "":
		return h.post(ctx, n.Raw)
	case h.exec != "":
		return h.run(ctx, n, out)
	}
	return nil
}

type signatureKey struct{}

// keepSignature leaves the signature header where post finds it.
func keepSignature(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), signatureKey{}, r.Header.Get(notification.SignatureHeader))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// post forwards a body with the signature that it came with.
func (h *handOver) post(ctx context.Context, body []byte) error {
	signature, _ := ctx.Value(signatureKey{}).(string)
	return h.poster.forward(ctx, h.target, body, signature)
}

// run runs the command for a notification, after those before it.
func (h *handOver) run(ctx context.Context, n *notification.Notification, out io.Writer) error {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return errors.New("the command before it took too long")
	case <-h.until.Done():
		return errors.New("interrupted")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.until, cancel)()
	cmd := shellCommand(ctx, h.exec)
	cmd.WaitDelay = time.Second // for who holds its output open after its end
	cmd.Env = append(os.Environ(), eventVariables(n)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(string(n.Raw)), out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the command failed: %w", cmp.Or(context.Cause(ctx), err))
	}
	return nil
}

// eventVariables tell a command what the event is about.
func eventVariables(n *notification.Notification) []string {
	variables := []string{"ASC_EVENT_TYPE=" + oneLine(n.Type), "ASC_EVENT_ID=" + oneLine(n.ID)}
	if n.Event == nil {
		return variables
	}
	for _, field := range sample.Fields(n.Event) {
		variables = append(variables, "ASC_EVENT_"+strings.ToUpper(field.Name)+"="+oneLine(fieldText(field.Value)))
	}
	return variables
}
