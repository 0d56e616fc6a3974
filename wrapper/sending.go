package wrapper

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// sending watches the body of a request, to tell whether any byte of it may
// have left. A create whose body nobody took cannot have been carried out.
type sending struct{ state atomic.Int32 }

const (
	untouched = iota
	taken     // a transport has begun to read
	sealed    // nobody may any more
)

var errSealed = errors.New("wrapper: the request was given up before it was sent")

// watch puts s between req's body and whoever sends it.
func (s *sending) watch(req *http.Request) {
	getBody := req.GetBody
	req.Body = watchedBody{req.Body, s}
	req.GetBody = func() (io.ReadCloser, error) {
		body, err := getBody()
		return watchedBody{body, s}, err
	}
}

// nothing reports that no byte of the body has been taken, and sees to it that
// none will be: a transport may go on to write after it has returned an error.
// What was never watched may have left.
func (s *sending) nothing() bool {
	return s != nil && s.state.CompareAndSwap(untouched, sealed)
}

type watchedBody struct {
	io.ReadCloser
	sending *sending
}

func (b watchedBody) Read(p []byte) (int, error) {
	if !b.sending.state.CompareAndSwap(untouched, taken) && b.sending.state.Load() == sealed {
		return 0, errSealed
	}
	return b.ReadCloser.Read(p)
}

// lost judges an attempt to which no answer came.
func (op operation) lost(err error, used credentials, nothingSent bool) verdict {
	return verdict{
		err:     op.failed(used.hide(err)),
		again:   (op.idempotent || nothingSent) && !hopeless(err),
		unclear: !nothingSent,
	}
}

// neverConnected reports an error before the first byte of a request.
func neverConnected(err error) bool {
	network, ok := errors.AsType[*net.OpError](err)
	return ok && (network.Op == "dial" || network.Op == "proxyconnect")
}

// hopeless reports an error that the next attempt would meet again.
func hopeless(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	return badCertificate
}
