package wrapper

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/ascmarketplace/webhooks/gen"
)

// resource is one of Apple's resources, in our form.
type resource interface{ id() string }

// reader decodes the resources that a call returns. Data and Resource are
// pointers, to the generated type and to ours: for all pointers the compiler
// makes one copy of the code.
type reader[Data any, Resource resource] struct {
	convert func(Data, []included) (Resource, error)
	single  bool
	id      string // of the single one; empty: any

	resources []Resource
	next      string // the query of the next page; empty: there is none
}

// single has the call decode one resource: the one with the ID, or any if it
// is empty.
func single[Data any, Resource resource](
	c *call, id string, convert func(Data, []included) (Resource, error),
) *reader[Data, Resource] {
	r := &reader[Data, Resource]{convert: convert, single: true, id: id}
	c.success = r
	return r
}

// list has the call decode one page of a list.
func list[Data any, Resource resource](
	c *call, convert func(Data, []included) (Resource, error),
) *reader[Data, Resource] {
	r := &reader[Data, Resource]{convert: convert}
	c.success = r
	return r
}

// result is the end of a call that returns a single resource.
func (r *reader[Data, Resource]) result(_ *http.Response, err error) (resource Resource, _ error) {
	if err == nil {
		resource = r.resources[0]
	}
	return resource, err
}

// page is the end of a call that returns a page.
func (r *reader[Data, Resource]) page(_ *http.Response, err error) ([]Resource, string, error) {
	return r.resources, r.next, err
}

// value is the zero value where there is an error.
func value[T any](pointer *T, err error) (value T, _ error) {
	if err == nil {
		value = *pointer
	}
	return value, err
}

// document is the body of a success.
type document struct {
	Data     any      `json:"data"` // a pointer to what it is decoded into
	Included includes `json:"included"`
	Links    any      `json:"links"` // a pointer, too: to links of a list
	links    struct{ Next string }
}

// included is a resource that comes with others, such as a delivery's event.
type included struct {
	Type, ID   string
	Attributes json.RawMessage
}

type includes []included

// UnmarshalJSON takes what it can: nothing in here makes a response invalid.
func (i *includes) UnmarshalJSON(body []byte) error {
	_ = json.Unmarshal(body, (*[]included)(i))
	return nil
}

// attributesOf returns the attributes of a related resource, if it is included.
func attributesOf[Attributes any](included []included, related gen.RelatedResource) (attributes Attributes) {
	for _, resource := range included {
		if resource.Type == related.Type && resource.ID == related.ID {
			_ = json.Unmarshal(resource.Attributes, &attributes)
		}
	}
	return attributes
}

func (r *reader[Data, Resource]) decode(body []byte) error {
	document := document{Links: &skipped{}}
	if !r.single {
		document.Links = &document.links
	}
	data, err := r.data(body, &document)
	if err != nil {
		return err
	}
	resources := make([]Resource, len(data))
	for i, from := range data {
		if resources[i], err = r.resource(from, document.Included); err != nil {
			return fmt.Errorf("data[%d]: %w", i, err)
		}
	}
	r.resources = resources
	r.next, err = nextQuery(document.links.Next)
	return err
}

// data takes one object where a single resource is expected, as Apple's OpenAPI
// document has it, or an array of one, as the documented examples of
// marketplaceWebhooks have it.
func (r *reader[Data, Resource]) data(body []byte, from *document) (_ []Data, err error) {
	if r.single {
		var object Data
		from.Data = &object
		if err = decode(body, from); err == nil {
			return []Data{object}, nil
		}
	}
	var array []Data
	from.Data = &array
	if arrayErr := decode(body, from); arrayErr != nil {
		return nil, cmp.Or(err, arrayErr)
	}
	if array == nil || r.single && len(array) != 1 {
		return nil, fmt.Errorf("data is missing, null, or has %d resources", len(array))
	}
	return array, nil
}

func (r *reader[Data, Resource]) resource(from Data, included []included) (Resource, error) {
	if isNil(from) {
		return *new(Resource), errors.New("missing or null")
	}
	resource, err := r.convert(from, included)
	if err == nil && r.id != "" && !strings.EqualFold(resource.id(), r.id) {
		err = errors.New("another resource than was asked for")
	}
	return resource, err
}

// checkResource checks what every resource has: its type, and an ID that later
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
