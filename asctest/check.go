package asctest

// Requests are checked by the document, and every response is before it is sent.

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// check refuses a call that matches no operation or breaks the document.
func (h *Handler) check(c *call) *response {
	switch {
	case c.operation == Download:
		return nil
	case c.operation == "":
		return new(h.notOffered(c.request.Method, c.request.URL.EscapedPath()))
	case !acceptsJSON(c.request.Header.Values("Accept")):
		return new(plain(http.StatusNotAcceptable, "Only application/json is offered here.", "Accept"))
	case c.bodyErr != nil && len(c.body) == maxBody:
		return new(refuse(newError(http.StatusRequestEntityTooLarge, "", "The body is larger than 1 MiB.")))
	case c.bodyErr != nil:
		return new(refuse(newError(http.StatusBadRequest, "", "The body ended early.")))
	}
	if found := h.contract.CheckRequest(c.judged()); len(found) > 0 {
		for _, v := range found {
			c.violations = append(c.violations, v.Error())
		}
		return new(refuse(clientErrors(found)...))
	}
	c.query = c.request.URL.Query()
	_ = json.Unmarshal(c.body, &c.sent) // has been validated, or is empty
	return c.checkURL()
}

// checkURL refuses a webhook's http URL, which App Store Connect is assumed to do. As in the client, it may be on
// loopback, or anywhere if the call itself came in the clear from another container.
func (c *call) checkURL() *response {
	var given struct{ URL, EndpointURL string } // a webhook has one of them
	c.sent.set(&given)
	u, err := url.Parse(given.URL + given.EndpointURL)
	called := url.URL{Host: c.request.Host}
	if err != nil || u.Scheme != "http" || isLoopback(u.Hostname()) || !c.isSecure() && !isLoopback(called.Hostname()) {
		return nil
	}
	pointer := "/data/attributes/url"
	if given.URL == "" {
		pointer = "/data/attributes/endpointUrl"
	}
	return new(conflict("ENTITY_ERROR.ATTRIBUTE.INVALID", pointer, "The URL must be https, or http on a loopback host."))
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// checkResponse completes the response's headers and compares it with the document, and with the secrets that it must
// not hold.
func (h *Handler) checkResponse(c *call, r response, before, after *State) error {
	if c.operation == Download {
		return nil
	}
	r.header.Set("Date", c.now.UTC().Format(http.TimeFormat))
	r.header.Set("X-Rate-Limit", fmt.Sprintf("user-hour-lim:%d;user-hour-rem:%d;", c.settings.RateLimit, c.remaining))
	x := c.judged()
	x.Status, x.ResponseHeader, x.Response = r.status, r.header, r.body
	for _, s := range []*State{before, after} {
		x.Secrets = slices.AppendSeq(x.Secrets, maps.Values(s.secretsByID()))
	}
	if err := contract.Join(h.contract.CheckResponse(x)); err != nil {
		return fmt.Errorf("asctest: bad response: %w", err)
	}
	return nil
}

// report fails the test of a Server.
func (h *Handler) report(err error) {
	h.settings().Logger.Error(err.Error())
	h.onViolation(err)
}

// clientErrors maps violations to Apple's errors: those of the first stage that the request does not pass.
func clientErrors(found []*contract.Violation) (errs []apiError) {
	first := math.MaxInt
	for _, v := range found {
		stage, e := clientError(v)
		if stage < first {
			first, errs = stage, nil
		}
		if stage == first {
			errs = append(errs, e)
		}
	}
	return errs
}

// clientError returns Apple's error for a violation, and the stage in which App Store Connect is taken to find it:
// parameters, media type, JSON, the shape of the body, its attributes. Codes are Apple's; what a body of the wrong
// shape outside its attributes gets is assumed.
func clientError(v *contract.Violation) (stage int, e apiError) {
	detail := strings.ToUpper(v.Rule[:1]) + v.Rule[1:] + "." // rules quote no value
	switch {
	case v.Parameter == "id": // the path's: no resource has such an ID
		return 0, newError(http.StatusNotFound, "", "There is no resource with this id.")
	case v.Parameter != "", v.Kind == contract.KindEscape:
		code := map[string]string{contract.KindUnknown: "ILLEGAL", contract.KindTwice: "DUPLICATE"}
		e = newError(http.StatusBadRequest, "PARAMETER_ERROR."+cmp.Or(code[v.Kind], "INVALID"), detail)
		e.Source.Parameter = v.Parameter
		return 1, e
	case v.Kind == contract.KindMediaType:
		return 2, newError(http.StatusUnsupportedMediaType, "", "The body must be application/json.")
	case v.Kind == contract.KindJSON:
		return 3, newError(http.StatusBadRequest, "", "The body is not JSON.")
	case !strings.HasPrefix(v.Pointer, "/data/attributes/"):
		e = newError(http.StatusUnprocessableEntity, "", detail)
		e.Source.Pointer = cmp.Or(v.Pointer, "/data")
		return 4, e
	}
	// A value that is not one of the listed ones is of the wrong type: seen live.
	code := map[string]string{
		"required": "REQUIRED", "nullable": "REQUIRED", "type": "TYPE", "enum": "TYPE", contract.KindUnknown: "UNKNOWN",
	}
	e = newError(http.StatusConflict, "ENTITY_ERROR.ATTRIBUTE."+cmp.Or(code[v.Kind], "INVALID"), detail)
	e.Source.Pointer = v.Pointer
	return 5, e
}

// acceptsJSON reports whether the Accept headers allow application/json.
func acceptsJSON(accept []string) bool {
	ranges := strings.Join(accept, ",")
	for part := range strings.SplitSeq(ranges, ",") {
		mediaType, params, _ := mime.ParseMediaType(part)
		offered := mediaType == "*/*" || mediaType == "application/*" || mediaType == "application/json"
		if refused := params["q"] != "" && strings.Trim(params["q"], "0.") == ""; offered && !refused {
			return true
		}
	}
	return strings.TrimSpace(ranges) == ""
}
