package sandbox

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/openapi"
)

// Sandbox is created by New. Close its Fake when it has been served.
type Sandbox struct {
	http.Handler                     // the control API and the page
	AppStoreConnect http.Handler     // to be served on another listener
	Fake            *asctest.Handler // what it is
	BaseURL         string           // where that is, for the page

	operations []string // that faults may be for
	hosts      []string // by which both may be called, besides this machine's
	replacer   replacer
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
	s.Handler, s.AppStoreConnect = s.guard(s.routes()), s.front(fake)
	return s, nil
}

// AllowHosts lets both listeners be on any interface, and be called by these names or addresses, too. Call it before
// serving.
func (s *Sandbox) AllowHosts(hosts ...string) error {
	for _, host := range hosts {
		if u, err := url.Parse("//" + host); err != nil || host == "" || u.Hostname() != strings.Trim(host, "[]") || u.Host != host {
			return fmt.Errorf("%q is not a host: it must be a name or an address, without a port", host)
		}
		s.hosts = append(s.hosts, strings.Trim(host, "[]"))
	}
	return nil
}

// allows reports whether a Host header may be used. A name that an attacker's DNS points at this machine may not.
func (s *Sandbox) allows(host string) bool {
	u, err := url.Parse("//" + host)
	return err == nil && (isLoopback(u.Hostname()) ||
		slices.ContainsFunc(s.hosts, func(allowed string) bool { return strings.EqualFold(allowed, u.Hostname()) }))
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
		"GET /about":                      s.about,
		"GET /event-types":                s.listEventTypes,
		"GET /faults":                     s.listFaults,
		"POST /faults":                    s.armFault,
		"DELETE /faults":                  s.deleteFaults,
		"DELETE /faults/{id}":             s.deleteFault,
		"GET /wait":                       s.wait,
		"POST /expire-urls":               s.expireURLs,
		"GET /state":                      s.getState,
		"PUT /state":                      s.putState,
		"PATCH /state":                    s.patchState,
		"POST /reset":                     s.reset,
	} {
		mux.Handle(pattern, handle)
	}
	mux.HandleFunc("GET /events", s.stream)
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("GET /openapi.yaml", serveDocument)
	mux.HandleFunc("GET /{$}", servePage)
	for _, file := range pageFiles() {
		mux.HandleFunc("GET /"+file, servePage)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if unknown, pattern := mux.Handler(r); pattern == "" {
			refuseUnknown(w, r, unknown)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// refuseUnknown says in our form what the mux does: 404, or 405 with the methods that the path has.
func refuseUnknown(w http.ResponseWriter, r *http.Request, unknown http.Handler) {
	said := &statusOnly{ResponseWriter: w}
	unknown.ServeHTTP(said, r)
	err := refuse(http.StatusNotFound, "", "there is no such path: see /openapi.yaml")
	if said.status == http.StatusMethodNotAllowed {
		err = refuse(said.status, "", "the path does not have this method, but %s: see /openapi.yaml", w.Header().Get("Allow"))
	}
	always(err).ServeHTTP(w, r)
}

// statusOnly keeps the status, lets headers through, and drops the body.
type statusOnly struct {
	http.ResponseWriter
	status int
}

func (s *statusOnly) WriteHeader(status int)         { s.status = status }
func (s *statusOnly) Write(body []byte) (int, error) { return len(body), nil }

//go:embed page
var files embed.FS

// contentTypes are set here, since a machine may have other ideas.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}

func pageFiles() (names []string) {
	entries, _ := files.ReadDir("page") // is embedded
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// servePage serves the static files of the page.
func servePage(w http.ResponseWriter, r *http.Request) {
	name := cmp.Or(strings.TrimPrefix(r.URL.Path, "/"), "index.html")
	content, _ := files.ReadFile("page/" + name) // one of pageFiles
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

// about is what a client needs to know, the private key aside.
func (s *Sandbox) about(*http.Request) (int, any, error) {
	key := s.Fake.Key()
	return http.StatusOK, object{
		"base_url": s.BaseURL, "key_id": key.ID, "issuer_id": key.IssuerID, "apps": append([]string{}, s.Fake.State().Apps...),
	}, nil
}

// expireURLs makes the download URLs that were given out expire.
func (s *Sandbox) expireURLs(*http.Request) (int, any, error) {
	s.Fake.ExpireURLs()
	return http.StatusNoContent, nil, nil
}

func serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
}

// front responds to GET /healthz, which needs no token, and passes on the rest. With AllowHosts it refuses other hosts.
func (s *Sandbox) front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case len(s.hosts) > 0 && !s.allows(r.Host):
			s.refuseHost(w, r)
		case r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			serveHealth(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// CheckAddr refuses an address for the control API that others could reach, such as :8081, unless hosts are allowed.
func (s *Sandbox) CheckAddr(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err == nil && len(s.hosts) == 0 && !isLoopback(host) {
		err = fmt.Errorf("%q is not on this machine: use 127.0.0.1, [::1] or localhost, or name with --allow-host "+
			"the hosts by which it may be called", addr)
	}
	return err
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
