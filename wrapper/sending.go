package wrapper

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// sending tells whether any byte of a request may have left.
type sending struct {
	httptrace.ClientTrace
	asked, connected atomic.Bool
}

func (s *sending) trace(ctx context.Context) context.Context {
	s.GetConn = func(string) { s.asked.Store(true) }
	s.GotConn = func(httptrace.GotConnInfo) { s.connected.Store(true) }
	return httptrace.WithClientTrace(ctx, &s.ClientTrace)
}

// nothing reports that provably nothing was sent: the transport asked for a
// connection and never got one. A transport that does not speak httptrace
// proves nothing.
func (s *sending) nothing() bool { return s != nil && s.asked.Load() && !s.connected.Load() }

// lost judges an attempt to which no answer came.
func (op operation) lost(err error, nothingSent bool) verdict {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	return verdict{
		err:     op.failed(err),
		again:   (op.idempotent || nothingSent) && !hopeless(err),
		unclear: !nothingSent,
	}
}

// hopeless reports an error that the next attempt would meet again.
func hopeless(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	return badCertificate
}
