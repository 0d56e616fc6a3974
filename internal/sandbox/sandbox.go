package sandbox

import (
	"cmp"
	"embed"
	"fmt"
	"net"
	"net/http"
	"path"
	"strings"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/openapi"
)

// Sandbox is created by New. Close its Fake when it has been served.
type Sandbox struct {
	http.Handler                  // the control API and the page
	Fake         *asctest.Handler // App Store Connect, to be served on another listener

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
	s := &Sandbox{Fake: fake, operations: append(document.Operations(), string(asctest.Download))}
	s.Handler = guard(s.routes())
	return s, nil
}

func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]respond{
		"GET /exchanges":                  s.listExchanges,
		"GET /exchanges/{id}":             s.getExchange,
		"GET /notifications":              s.listNotifications,
		"GET /notifications/{id}":         s.getNotification,
		"POST /notifications":             s.sendNotification,
		"POST /notifications/{id}/resend": s.resendNotification,
		"GET /event-types":                s.listEventTypes,
		"GET /faults":                     s.listFaults,
		"POST /faults":                    s.armFault,
		"DELETE /faults":                  s.deleteFaults,
		"GET /state":                      s.getState,
		"PUT /state":                      s.putState,
		"POST /reset":                     s.reset,
	} {
		mux.Handle(pattern, handle)
	}
	mux.HandleFunc("GET /events", s.stream)
	mux.HandleFunc("GET /openapi.yaml", serveDocument)
	mux.HandleFunc("GET /", servePage)
	mux.Handle("/", always(refuse(http.StatusMethodNotAllowed, "", "the path does not have this method: see /openapi.yaml")))
	return mux
}

//go:embed page
var files embed.FS

// contentTypes are set here, since a machine may have other ideas.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}

// servePage serves the static files of the page.
func servePage(w http.ResponseWriter, r *http.Request) {
	name := cmp.Or(strings.TrimPrefix(r.URL.Path, "/"), "index.html")
	content, err := files.ReadFile("page/" + name)
	if err != nil {
		always(refuse(http.StatusNotFound, "", "there is no such path: see /openapi.yaml")).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
	_, _ = w.Write(content)
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
