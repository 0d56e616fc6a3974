package asctest

// A call on its way through the stages.

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// maxBody is how much of a request's body is read.
const maxBody = 1 << 20

// call is a request, and what the stages have found out about it.
type call struct {
	request    *http.Request
	start      time.Time
	now        time.Time // by the server's clock
	body       []byte
	bodyErr    error
	operation  Operation
	id         string
	keyID      string
	remaining  int // calls of the hour
	fault      *Fault
	query      url.Values
	sent       sentResource
	violations []string

	contract    *contract.Contract
	settings    Settings // those when it arrived
	downloadKey string
	record      *record
}

// receive reads the request.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) *call {
	c := &call{request: r, start: time.Now(), contract: h.contract, record: &h.record}
	h.mu.Lock()
	c.settings, c.downloadKey = h.state.Settings, h.downloadKey
	h.mu.Unlock()
	c.now, c.remaining = c.settings.now(), c.settings.RateLimit
	if r.Body != nil {
		c.body, c.bodyErr = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	return c
}

// exchange is the record of the call and its response.
func (c *call) exchange(sent response) Exchange {
	header := c.request.Header.Clone()
	header.Del("Authorization")
	return Exchange{
		Time: c.now, Method: c.request.Method, Path: c.request.URL.EscapedPath(), Query: c.request.URL.RawQuery,
		Operation: c.operation, Header: header, Body: bytes.Clone(c.body), KeyID: c.keyID,
		Status: sent.status, Duration: c.duration(), Reason: sent.reason, Violations: c.violations,
		ResponseHeader: sent.header, ResponseBody: sent.body[:min(len(sent.body), maxResponseBody)],
	}
}

func (c *call) duration() time.Duration {
	took := time.Since(c.start)
	if c.fault != nil {
		took += c.fault.Delay
	}
	return took
}

// judged is the call as the contract judges it.
func (c *call) judged() *contract.Exchange {
	target := *c.request.URL
	target.Host = c.request.Host // which a server's requests have here only
	return &contract.Exchange{Method: c.request.Method, URL: &target, Header: c.request.Header, Body: c.body}
}

// sentResource is what the body of a create or an update asks for.
type sentResource struct {
	Data struct {
		ID            string
		Attributes    json.RawMessage
		Relationships map[string]struct{ Data struct{ ID string } }
	}
}

// set sets the fields of target that the attributes give; null leaves a text or a bool as it is.
func (s *sentResource) set(target any) { _ = json.Unmarshal(s.Data.Attributes, target) }

// related is the ID that a relationship points at.
func (s *sentResource) related(name string) string { return s.Data.Relationships[name].Data.ID }

// list is the values of a parameter; nil if it is not given.
func (c *call) list(name string) []string {
	if !c.query.Has(name) {
		return nil
	}
	return strings.Split(c.query.Get(name), ",")
}

// link makes a link to the host that the client called; one that makes no URL is left without it.
func (c *call) link(target string) string {
	scheme := "http://"
	if c.isSecure() {
		scheme = "https://"
	}
	if _, err := url.Parse(scheme + c.request.Host + target); err != nil || c.request.Host == "" {
		return target
	}
	return scheme + c.request.Host + target
}

// isSecure tells whether the call came over TLS. A proxy on this machine may have taken that off.
func (c *call) isSecure() bool {
	return c.request.TLS != nil || isLocal(c.request.RemoteAddr) && c.request.Header.Get("X-Forwarded-Proto") == "https"
}

func isLocal(remoteAddr string) bool {
	address, err := netip.ParseAddrPort(remoteAddr)
	return err == nil && address.Addr().IsLoopback()
}
