package sandbox

// Who may ask, what a request must look like, and how it is responded to.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing/iotest"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// refuseHost responds to a call by a host that is not allowed.
func (s *Sandbox) refuseHost(w http.ResponseWriter, r *http.Request) {
	allowed := append([]string{"127.0.0.1", "[::1]", "localhost"}, s.hosts...)
	always(refuse(http.StatusForbidden, "Host", "must be one of %s", strings.Join(allowed, ", "))).ServeHTTP(w, r)
}

// maxBodyTime is how long a request's body may take.
const maxBodyTime = 10 * time.Second

// guard refuses what other sites send, and hardens every response.
func (s *Sandbox) guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(always(refuse(http.StatusForbidden, "", "a page of another origin may not do this")))
	next = sameOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !s.allows(r.Host) {
			s.refuseHost(w, r)
			return
		}
		if r.ContentLength != 0 {
			r.Body = read(w, r)
		}
		next.ServeHTTP(w, r)
	})
}

// read reads a whole body, or the beginning of one that is too large or too slow. Handlers see the error at its end.
func read(w http.ResponseWriter, r *http.Request) io.ReadCloser {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(maxBodyTime)) // until the next request
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		return io.NopCloser(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(err)))
	}
	r.ContentLength = int64(len(body))
	return io.NopCloser(bytes.NewReader(body))
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
	body, err := readBody(r)
	if err != nil || len(body) == 0 {
		return err
	}
	return decodeJSON(bytes.NewReader(body), v)
}

func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, refuse(http.StatusUnsupportedMediaType, "Content-Type", "must be application/json, as curl --json sends it")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, describe(err)
	}
	return body, nil
}

// decodeJSON reads one JSON value into v, which has all the fields that there are.
func decodeJSON(from io.Reader, v any) error {
	decoder := json.NewDecoder(from)
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
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return refuse(http.StatusRequestTimeout, "", "the body was not sent within %v", maxBodyTime)
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
		reflect.String: "a string", reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.Int64: "a whole number",
		reflect.Slice: "a list of strings",
	}[t.Kind()], "an object")
}
