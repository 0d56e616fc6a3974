package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/openapi"
)

// Sandbox is the http.Handler of the control API and the page. Create one with New, and Close it before its server is
// shut down.
type Sandbox struct {
	Fake *asctest.Handler // App Store Connect, to be served on another listener

	handler http.Handler
	closed  chan struct{}
	close   func()
	secrets secrets

	operations []string // that faults may be for
}

// New returns a sandbox whose App Store Connect has the options.
func New(opts ...asctest.Option) (*Sandbox, error) {
	fake, err := asctest.New(opts...)
	if err != nil {
		return nil, err
	}
	document, err := contract.Load()
	if err != nil {
		return nil, err
	}
	s := &Sandbox{Fake: fake, closed: make(chan struct{})}
	s.operations = append(document.Operations(), string(asctest.Download))
	s.close = sync.OnceFunc(func() { close(s.closed) })
	s.handler = guard(s.routes())
	return s, nil
}

// Close ends the streams of events, and what Fake is posting.
func (s *Sandbox) Close() error {
	s.close()
	return s.Fake.Close()
}

// ServeHTTP serves the control API and the page.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(w, r)
}

// routes chooses by method and path, as the patterns of http.ServeMux do, which would add 28 KiB to the command.
func (s *Sandbox) routes() http.Handler {
	routes := map[string]http.Handler{
		"GET /exchanges":                  respond(s.listExchanges),
		"GET /exchanges/{id}":             respond(s.getExchange),
		"GET /notifications":              respond(s.listNotifications),
		"GET /notifications/{id}":         respond(s.getNotification),
		"POST /notifications":             respond(s.sendNotification),
		"POST /notifications/{id}/resend": respond(s.resendNotification),
		"GET /event-types":                respond(s.listEventTypes),
		"GET /faults":                     respond(s.listFaults),
		"POST /faults":                    respond(s.armFault),
		"DELETE /faults":                  respond(s.deleteFaults),
		"GET /state":                      respond(s.getState),
		"PUT /state":                      respond(s.putState),
		"POST /reset":                     respond(s.reset),
		"GET /events":                     http.HandlerFunc(s.stream),
		"GET /openapi.yaml":               http.HandlerFunc(serveDocument),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.Split(r.URL.Path, "/")
		if len(path) > 2 {
			r.SetPathValue("id", path[2])
			path[2] = "{id}"
		}
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet // net/http leaves out the body
		}
		handler := routes[method+" "+strings.Join(path, "/")]
		switch {
		case handler != nil:
			handler.ServeHTTP(w, r)
		case method == http.MethodGet:
			servePage(w, r)
		default:
			writeError(w, refusal{status: http.StatusMethodNotAllowed, message: "the path does not have this method: see /openapi.yaml"})
		}
	})
}

func serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(openapi.Sandbox())
}

// reset makes everything as it was in the beginning.
func (s *Sandbox) reset(*http.Request) (int, any, error) {
	s.Fake.Reset()
	return http.StatusNoContent, nil, nil
}

// Listen listens on a loopback address, such as 127.0.0.1:0, and refuses others.
func Listen(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if !isLoopback(host) {
		return nil, fmt.Errorf("%q is not on this machine: use 127.0.0.1, [::1] or localhost", addr)
	}
	return net.Listen("tcp", addr)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
