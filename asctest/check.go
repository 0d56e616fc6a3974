package asctest

// Requests are checked by the document, and every response is before it is sent.

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
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
		return new(textResponse(http.StatusNotAcceptable, "Only application/json is offered here.", "Accept"))
	case c.bodyErr != nil:
		return new(bodyRefused(c.bodyErr))
	}
	if found := h.contract.CheckRequest(c.judged()); len(found) > 0 {
		for _, v := range found {
			c.violations = append(c.violations, v.Error())
		}
		return new(refuse(clientErrors(found)...))
	}
	c.query = c.request.URL.Query()
	_ = json.Unmarshal(c.body, &c.sent) // has been validated, or is empty
	return nil
}

func bodyRefused(err error) response {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return refuse(newError(http.StatusRequestEntityTooLarge, "", "The body is larger than 1 MiB."))
	}
	return refuse(newError(http.StatusBadRequest, "ENTITY_INVALID", "The body ended early."))
}

// checked returns the response of a refused call, or the 500 that a bad one becomes.
func (h *Handler) checked(c *call, r response) response {
	h.mu.Lock()
	secrets := h.state.secrets()
	h.mu.Unlock()
	if err := h.checkResponse(c, r, secrets); err != nil {
		return h.brokenContract(err)
	}
	return r
}

// checkResponse completes the response's headers and compares it with the document, and with the secrets that it must
// not hold.
func (h *Handler) checkResponse(c *call, r response, secrets []string) error {
	if c.operation == Download {
		return nil
	}
	r.header.Set("Date", c.now.UTC().Format(http.TimeFormat))
	r.header.Set("X-Rate-Limit", fmt.Sprintf("user-hour-lim:%d;user-hour-rem:%d;", h.settings.RateLimit, c.remaining))
	x := c.judged()
	x.Secrets, x.Status, x.ResponseHeader, x.Response = secrets, r.status, r.header, r.body
	if sent, ok := contract.SentSecret(c.body); ok {
		x.Secrets = append(x.Secrets, sent)
	}
	if err := contract.Join(h.contract.CheckResponse(x)); err != nil {
		return fmt.Errorf("asctest: bad response: %w", err)
	}
	return nil
}

// brokenContract reports a violation and responds with it. h.mu is free, so that who hears of it may ask the handler.
func (h *Handler) brokenContract(err error) response {
	h.report(err)
	return refuse(newError(http.StatusInternalServerError, "", err.Error()))
}

// report fails the test of a Server.
func (h *Handler) report(err error) {
	h.settings.Logger.Error(err.Error())
	h.onViolation(err)
}

// clientErrors maps violations to Apple's errors: those of the first stage that the request does not pass. Codes are
// Apple's; what a body of the wrong shape outside its attributes gets is assumed.
func clientErrors(found []*contract.Violation) []apiError {
	var errs []apiError
	first := stageOf(slices.MinFunc(found, func(a, b *contract.Violation) int {
		return cmp.Compare(stageOf(a), stageOf(b))
	}))
	for _, v := range found {
		if stageOf(v) == first {
			errs = append(errs, clientError(v))
		}
	}
	return errs
}

// stageOf is the order in which App Store Connect is taken to check a request: parameters, media type, JSON, the
// shape of the body, its attributes.
func stageOf(v *contract.Violation) int {
	switch {
	case v.Parameter != "", v.Kind == contract.KindEscape:
		return 1
	case v.Kind == contract.KindMediaType:
		return 2
	case v.Kind == contract.KindJSON:
		return 3
	case attributeOf(v) == "":
		return 4
	}
	return 5
}

// attributeOf is the name of the attribute that v is about, or empty.
func attributeOf(v *contract.Violation) string {
	name, _ := strings.CutPrefix(v.Pointer, "/data/attributes/")
	if name == v.Pointer {
		return ""
	}
	name, _, _ = strings.Cut(name, "/")
	return name
}

func clientError(v *contract.Violation) apiError {
	switch stageOf(v) {
	case 1:
		code := map[string]string{contract.KindUnknown: "ILLEGAL", contract.KindTwice: "DUPLICATE"}
		e := newError(http.StatusBadRequest, "PARAMETER_ERROR."+cmp.Or(code[v.Kind], "INVALID"), sentence(v.Rule))
		if v.Parameter != "" {
			e.Source = &source{Parameter: v.Parameter}
		}
		return e
	case 2:
		return newError(http.StatusUnsupportedMediaType, "", "The body must be application/json.")
	case 3:
		return newError(http.StatusBadRequest, "ENTITY_INVALID", "The body is not JSON.")
	case 4:
		return newError(http.StatusUnprocessableEntity, "", sentence(v.Rule)).at(cmp.Or(v.Pointer, "/data"))
	}
	// A value that is not one of the listed ones is of the wrong type: seen live.
	code := map[string]string{
		"required": "REQUIRED", "nullable": "REQUIRED", "type": "TYPE", "enum": "TYPE", contract.KindUnknown: "UNKNOWN",
	}
	suffix := cmp.Or(code[v.Kind], "INVALID")
	return newError(http.StatusConflict, "ENTITY_ERROR.ATTRIBUTE."+suffix, sentence(v.Rule)).at(v.Pointer)
}

// sentence makes a rule a sentence; rules quote no value.
func sentence(rule string) string {
	return strings.ToUpper(rule[:1]) + rule[1:] + "."
}

// acceptsJSON tells whether the Accept headers allow application/json.
func acceptsJSON(accept []string) bool {
	ranges := strings.Join(accept, ",")
	if strings.TrimSpace(ranges) == "" {
		return true
	}
	for part := range strings.SplitSeq(ranges, ",") {
		mediaType, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q, err := strconv.ParseFloat(params["q"], 64)
		refused := err == nil && q == 0
		switch mediaType {
		case "*/*", "application/*", "application/json":
			if !refused {
				return true
			}
		}
	}
	return false
}
