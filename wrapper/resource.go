package wrapper

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// resource is one of Apple's resources, in our form.
type resource interface{ id() string }

// reader decodes the resources that a call returns. Data and Resource are
// pointers, to the generated type and to ours; Included is the type of what
// comes with them. (For all pointers the compiler makes one copy of the code.)
type reader[Data, Included any, Resource resource] struct {
	convert func(Data, Included) (Resource, error)
	single  bool
	id      string // of the single one; empty: any

	resources []Resource
	next      string // the query of the next page; empty: there is none
}

// single has the call decode one resource: the one with the id, or any if it
// is empty.
func single[Data, Included any, Resource resource](
	c *call, id string, convert func(Data, Included) (Resource, error),
) *reader[Data, Included, Resource] {
	r := &reader[Data, Included, Resource]{convert: convert, single: true, id: id}
	c.success = r
	return r
}

// list has the call decode one page of a list.
func list[Data, Included any, Resource resource](
	c *call, convert func(Data, Included) (Resource, error),
) *reader[Data, Included, Resource] {
	r := &reader[Data, Included, Resource]{convert: convert}
	c.success = r
	return r
}

// result is the end of a call that returns a single resource.
func (r *reader[Data, Included, Resource]) result(_ *http.Response, err error) (resource Resource, _ error) {
	if err == nil {
		resource = r.resources[0]
	}
	return resource, err
}

// page is the end of a call that returns a page.
func (r *reader[Data, Included, Resource]) page(_ *http.Response, err error) ([]Resource, string, error) {
	return r.resources, r.next, err
}

// value is the zero value where there is an error.
func value[T any](pointer *T, err error) (value T, _ error) {
	if err == nil {
		value = *pointer
	}
	return value, err
}

// document is the body of a success. Data and Included are pointers to what
// they are decoded into.
type document struct {
	Data     any                   `json:"data"`
	Included any                   `json:"included"`
	Links    struct{ Next string } `json:"links"`
}

func (r *reader[Data, Included, Resource]) decode(body []byte) error {
	var included Included
	data, next, err := r.data(body, &included)
	if err != nil {
		return err
	}
	resources := make([]Resource, len(data))
	for i, from := range data {
		if resources[i], err = r.resource(from, included); err != nil {
			return fmt.Errorf("data[%d]: %w", i, err)
		}
	}
	r.resources = resources
	r.next, err = nextQuery(next)
	return err
}

// data takes one object where a single resource is expected, as Apple's OpenAPI
// document has it, or an array of one, as the documented examples of
// marketplaceWebhooks have it.
func (r *reader[Data, Included, Resource]) data(body []byte, included *Included) (_ []Data, next string, err error) {
	if r.single {
		var object Data
		if err = decode(body, &document{Data: &object, Included: included}); err == nil {
			return []Data{object}, "", nil
		}
	}
	var array []Data
	document := document{Data: &array, Included: included}
	if arrayErr := decode(body, &document); arrayErr != nil {
		return nil, "", cmp.Or(err, arrayErr)
	}
	if array == nil || r.single && len(array) != 1 {
		return nil, "", fmt.Errorf("data is missing, null, or has %d resources", len(array))
	}
	return array, document.Links.Next, nil
}

func (r *reader[Data, Included, Resource]) resource(from Data, included Included) (Resource, error) {
	if isNil(from) {
		return *new(Resource), errors.New("missing or null")
	}
	resource, err := r.convert(from, included)
	if err == nil && r.id != "" && !strings.EqualFold(resource.id(), r.id) {
		err = errors.New("another resource than was asked for")
	}
	return resource, err
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
