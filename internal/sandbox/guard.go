package sandbox

// Who may ask, what a request must look like, and how it is responded to.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// guard refuses what other sites send, and hardens every response.
func guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, refusal{status: http.StatusForbidden, message: "a page of another origin may not do this"})
	}))
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
		// A name that an attacker's DNS points at this machine is not loopback.
		if host, err := url.Parse("//" + r.Host); err != nil || !isLoopback(host.Hostname()) {
			writeError(w, refusal{status: http.StatusForbidden, field: "Host", message: "must be 127.0.0.1, [::1] or localhost"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// respond sends what handle returns: a status and a JSON value, or an error.
func respond(handle func(*http.Request) (int, any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		status, value, err := handle(r)
		switch {
		case err != nil:
			writeError(w, err)
		case value == nil:
			w.WriteHeader(status)
		default:
			writeJSON(w, status, value)
		}
	})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// refusal is an error that says which field is wrong. It never quotes a value.
type refusal struct {
	status         int // 400 if it is 0
	field, message string
}

func (r refusal) Error() string {
	if r.field == "" {
		return r.message
	}
	return r.field + ": " + r.message
}

func badField(field, format string, args ...any) error {
	return refusal{field: field, message: fmt.Sprintf(format, args...)}
}

func writeError(w http.ResponseWriter, err error) {
	status, field := http.StatusInternalServerError, ""
	if value, ok := errors.AsType[*contract.FieldError](err); ok { // of asctest's validator
		err = refusal{field: value.Field, message: value.Message}
	}
	if r, ok := errors.AsType[refusal](err); ok {
		status, field = r.status, r.field
		if status == 0 {
			status = http.StatusBadRequest
		}
	}
	writeJSON(w, status, struct {
		Error string `json:"error"`
		Field string `json:"field,omitempty"`
	}{err.Error(), field})
}

const maxBody = 1 << 20

// decode reads a body of one JSON value into v, all or nothing. No body leaves v as it is.
func decode(r *http.Request, v any) error {
	body, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return refusal{status: http.StatusRequestEntityTooLarge, message: "the body is larger than 1 MiB"}
	}
	if err != nil {
		return refusal{message: "the body ended early"}
	}
	if len(body) == 0 {
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return refusal{status: http.StatusUnsupportedMediaType, field: "Content-Type", message: "must be application/json, as curl --json sends it"}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return describe(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return refusal{message: "the body is more than one JSON value"}
	}
	return nil
}

// describe says what was wrong with a JSON value, without the value.
func describe(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return badField(wrong.Field, "must be %s", jsonType(wrong.Type))
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return refusal{message: fmt.Sprintf("the body is not JSON (byte %d)", syntax.Offset)}
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return badField(strings.Trim(name, `"`), "there is no such field")
	}
	return refusal{message: "the body is not JSON"}
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}
