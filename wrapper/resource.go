package wrapper

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// resource is what a call returns: one of Apple's resources, in our form.
type resource interface{ id() string }

// one decodes the one resource that a call returns. Data is a pointer to the
// generated type of data, Included the type of included.
type one[Data, Included any, T resource] struct {
	id      string // of the resource; empty: any
	convert func(Data, Included) (T, error)
	value   T
}

// single has the call decode one resource: the one with the id, or any if it
// is empty.
func single[Data, Included any, T resource](
	c *call, id string, convert func(Data, Included) (T, error),
) *one[Data, Included, T] {
	o := &one[Data, Included, T]{id: id, convert: convert}
	c.success = o
	return o
}

// result is the end of a call that returns a resource.
func (o *one[Data, Included, T]) result(_ *http.Response, err error) (T, error) { return o.value, err }

func (o *one[Data, Included, T]) decode(body []byte) error {
	var data Data
	var included Included
	if err := decodeSingle(body, &data, &included); err != nil {
		return err
	}
	if isNil(data) {
		return errors.New("data is missing or null")
	}
	value, err := o.convert(data, included)
	if err != nil {
		return err
	}
	if o.id != "" && !strings.EqualFold(value.id(), o.id) {
		return errors.New("data is another resource than was asked for")
	}
	o.value = value
	return nil
}

// document is the body of a success. Data and Included are pointers to what
// they are decoded into.
type document struct {
	Data     any                   `json:"data"`
	Included any                   `json:"included"`
	Links    struct{ Next string } `json:"links"`
}

// decodeSingle takes both forms of data: Apple's OpenAPI document has one
// object, the documented examples of marketplaceWebhooks an array of one.
func decodeSingle(body []byte, data, included any) error {
	err := decode(body, &document{Data: data, Included: included})
	var array []json.RawMessage
	if err == nil || decode(body, &document{Data: &array, Included: included}) != nil {
		return err
	}
	if len(array) != 1 {
		return fmt.Errorf("data has %d resources, not one", len(array))
	}
	return decode(array[0], data)
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
