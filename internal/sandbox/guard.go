package sandbox

// Who may ask, what a request must look like, and how it is responded to.

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// guard refuses what other sites send, and hardens every response.
func guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(always(refuse(http.StatusForbidden, "", "a page of another origin may not do this")))
	next = sameOrigin.Handler(next)
	foreignHost := always(refuse(http.StatusForbidden, "Host", "must be 127.0.0.1, [::1] or localhost"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		// A name that an attacker's DNS points at this machine is not loopback.
		if host, err := url.Parse("//" + r.Host); err != nil || !isLoopback(host.Hostname()) {
			foreignHost.ServeHTTP(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		next.ServeHTTP(w, r)
	})
}

// respond is a handler that returns a status and a JSON value, or an error.
type respond func(*http.Request) (int, any, error)

func (handle respond) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, value, err := handle(r)
	if err != nil {
		refused := asRefusal(http.StatusBadRequest, err)
		status, value = refused.status, refused
	}
	if value == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// refusal is an error that says which field is wrong, if one is. It never quotes a value.
type refusal struct {
	status  int
	Message string `json:"error"` // begins with the field
	Field   string `json:"field,omitempty"`
}

func (r refusal) Error() string { return r.Message }

func refuse(status int, field, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	if field != "" {
		message = field + ": " + message
	}
	return refusal{status, message, field}
}

func badField(field, format string, args ...any) error {
	return refuse(http.StatusBadRequest, field, format, args...)
}

// asRefusal gives an error of asctest the status.
func asRefusal(status int, err error) refusal {
	if r, ok := errors.AsType[refusal](err); ok {
		return r
	}
	message, field := strings.TrimPrefix(err.Error(), "asctest: "), ""
	if value, ok := errors.AsType[*contract.FieldError](err); ok {
		field = value.Field
	}
	return refusal{status, message, field}
}

// always responds with the error.
func always(err error) http.Handler {
	return respond(func(*http.Request) (int, any, error) { return 0, nil, err })
}

// decode reads a body of one JSON value into v. No body leaves v as it is.
func decode(r *http.Request, v any) error {
	if r.ContentLength == 0 {
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "Content-Type", "must be application/json, as curl --json sends it")
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return describe(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badField("", "the body is more than one JSON value")
	}
	return nil
}

// describe says what was wrong with a body, without quoting it.
func describe(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return refuse(http.StatusRequestEntityTooLarge, "", "the body is larger than 1 MiB")
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return badField(wrong.Field, "must be %s", jsonType(wrong.Type))
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return badField("", "the body is not JSON (byte %d)", syntax.Offset)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return badField(strings.Trim(name, `"`), "there is no such field")
	}
	return badField("", "the body is not JSON")
}

func jsonType(t reflect.Type) string {
	if t == reflect.TypeFor[time.Time]() {
		return "a time, such as 2026-01-31T12:00:00Z"
	}
	return cmp.Or(map[reflect.Kind]string{
		reflect.String: "a string", reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.Slice: "a list of strings",
	}[t.Kind()], "an object")
}
