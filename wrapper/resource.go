package wrapper

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// resource is what a call returns: one of Apple's resources, in our form.
type resource interface{ id() string }

// result is where a call puts what it has decoded.
type result[T any] struct{ value T }

// result is the end of a call that returns a value.
func (r *result[T]) result(_ *http.Response, err error) (T, error) { return r.value, err }

// single has the call decode one resource: the one with the id, or any if it
// is empty. W is the generated type of data, I the type of included.
func single[W, I any, T resource](c *call, id string, convert func(W, I) (T, error)) *result[T] {
	var got result[T]
	c.decode = func(body []byte) error {
		data, included, err := decodeSingle[W, I](body)
		if err != nil {
			return err
		}
		value, err := convert(data, included)
		switch {
		case err != nil:
			return err
		case id != "" && !strings.EqualFold(value.id(), id):
			return errors.New("data is another resource than was asked for")
		}
		got.value = value
		return nil
	}
	return &got
}

// decodeSingle takes both forms of data: Apple's OpenAPI document has one
// object, the documented examples of marketplaceWebhooks an array of one.
func decodeSingle[W, I any](body []byte) (data W, included I, err error) {
	var object struct {
		Data     W `json:"data"`
		Included I `json:"included"`
	}
	if err = decode(body, &object); err == nil {
		return object.Data, object.Included, nil
	}
	var array struct {
		Data     []W `json:"data"`
		Included I   `json:"included"`
	}
	switch decodeErr := decode(body, &array); {
	case decodeErr != nil:
		return data, included, err
	case len(array.Data) != 1:
		return data, included, fmt.Errorf("data has %d resources, not one", len(array.Data))
	}
	return array.Data[0], array.Included, nil
}

// checkResource checks what every resource has: its type, and an id that later
// calls will take.
func checkResource[Type ~string](got, want Type, id string) error {
	switch {
	case got != want:
		return errors.New("type is not " + string(want))
	case id == "":
		return errors.New("id is missing")
	case checkID(id) != nil:
		return errors.New("id has characters that no id of Apple's has")
	}
	return nil
}

// retyped has the same strings under another type.
func retyped[To, From ~string](from []From) []To {
	var to []To
	for _, s := range from {
		to = append(to, To(s))
	}
	return to
}
