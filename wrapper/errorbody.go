package wrapper

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
)

// maxErrorObjects bounds what is kept of one response; Apple sends a handful.
const maxErrorObjects = 100

func (c *call) newAPIError(got *response) *APIError {
	e := &APIError{
		Method: c.method, Path: c.path, StatusCode: got.status, RequestID: got.requestID, RateLimit: got.rateLimit,
	}
	if wait := got.retryAfter(); wait > 0 {
		e.RetryAt = got.at.Add(wait)
	}
	if got.status == http.StatusUnauthorized && !got.date.IsZero() {
		e.ClockSkew = got.at.Sub(got.date).Truncate(time.Second)
	}
	var body struct{ Errors json.RawMessage }
	err := json.Unmarshal(got.body, &body)
	if _, mistyped := errors.AsType[*json.UnmarshalTypeError](err); err == nil || mistyped {
		r := errorReader{call: c}
		e.Errors = r.list(body.Errors)
		e.Dropped = r.dropped
	}
	if len(e.Errors) == 0 && got.err == nil {
		e.Excerpt = printable(c.redact(string(got.body), anyLength), 512)
	}
	return e
}

// errorReader decodes error objects until there are enough. A member of
// another type than Apple's is left empty.
type errorReader struct {
	call          *call
	kept, dropped int
}

// wireError leaves meta as it is, so that one level of associated errors is
// decoded and no more: each further level would be scanned once more.
type wireError struct {
	gen.ResponseError
	Meta json.RawMessage `json:"meta"`
}

func (r *errorReader) list(raw json.RawMessage) []ErrorObject {
	objects, metas := r.flatList(raw)
	for i := range objects {
		var meta struct{ AssociatedErrors json.RawMessage }
		_ = json.Unmarshal(metas[i], &meta)
		for path, list := range members(meta.AssociatedErrors) {
			associated, _ := r.flatList(list)
			if len(associated) == 0 {
				continue
			}
			if objects[i].Associated == nil {
				objects[i].Associated = make(map[string][]ErrorObject)
			}
			path = r.call.redact(path, anyLength) // two paths may become one
			objects[i].Associated[path] = append(objects[i].Associated[path], associated...)
		}
	}
	return objects
}

func (r *errorReader) flatList(raw json.RawMessage) (objects []ErrorObject, metas []json.RawMessage) {
	if len(raw) == 0 || raw[0] != '[' {
		return nil, nil
	}
	var counted []skipped
	_ = json.Unmarshal(raw, &counted)
	keep := min(len(counted), maxErrorObjects-r.kept)
	r.kept, r.dropped = r.kept+keep, r.dropped+len(counted)-keep
	if keep == 0 {
		return nil, nil
	}
	var first [maxErrorObjects]json.RawMessage // what an array has no room for is skipped
	_ = json.Unmarshal(raw, &first)
	for _, element := range first[:keep] {
		var wire wireError
		_ = json.Unmarshal(element, &wire)
		objects, metas = append(objects, r.call.errorObject(wire.ResponseError)), append(metas, wire.Meta)
	}
	return objects, metas
}

// skipped is a JSON value that costs no memory, however many there are.
type skipped struct{}

// UnmarshalJSON implements json.Unmarshaler.
func (*skipped) UnmarshalJSON([]byte) error { return nil }

// members yields the members of a JSON object in their order: a map of as many
// as fit into a response could take 60 MB.
func members(object json.RawMessage) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		d := json.NewDecoder(bytes.NewReader(object))
		if start, _ := d.Token(); start != json.Delim('{') {
			return
		}
		var value json.RawMessage
		for d.More() {
			name, _ := d.Token()
			if d.Decode(&value) != nil || !yield(name.(string), value) {
				return
			}
		}
	}
}

func (c *call) errorObject(from gen.ResponseError) ErrorObject {
	text := func(value string) string { return c.redact(value, anyLength) }
	return ErrorObject{
		ID: text(from.ID), Status: c.redact(from.Status, longOnly), Code: c.redact(from.Code, longOnly),
		Title: text(from.Title), Detail: text(from.Detail),
		Pointer: text(from.Source.Pointer), Parameter: text(from.Source.Parameter),
		About: text(from.Links.About), See: text(from.Links.See),
	}
}
