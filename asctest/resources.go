package asctest

// What responses are made of.

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// object is a JSON object.
type object = map[string]any

// resource is how responses show one.
type resource struct {
	Type          string `json:"type"`
	ID            string `json:"id,omitempty"`
	Attributes    object `json:"attributes,omitempty"`
	Relationships object `json:"relationships,omitempty"`
	Links         links  `json:"links,omitzero"`
}

// responseBody is the body of a response.
type responseBody struct {
	Data     any        `json:"data"` // a resource, or a list of them
	Included []resource `json:"included,omitempty"`
	Links    links      `json:"links"`
	Meta     *meta      `json:"meta,omitempty"`
}

type links struct {
	Self string `json:"self"`
	Next string `json:"next,omitempty"`
}

type meta struct {
	Paging paging `json:"paging"`
}

type paging struct {
	Total int `json:"total"`
	Limit int `json:"limit"`
}

// resource returns one whose path follows from its type.
func (c *call) resource(kind, id string, attributes, relationships object) resource {
	return resource{
		Type: kind, ID: id, Attributes: c.wanted(kind, attributes), Relationships: c.wanted(kind, relationships),
		Links: links{Self: c.link("/v1/" + kind + "/" + url.PathEscape(id))},
	}
}

// wanted removes the members that the parameter fields[kind] does not name, if it is given.
func (c *call) wanted(kind string, members object) object {
	if fields := c.list("fields[" + kind + "]"); fields != nil {
		maps.DeleteFunc(members, func(name string, _ any) bool { return !slices.Contains(fields, name) })
	}
	return members
}

// includes reports whether the call wants related resources in included.
func (c *call) includes(name string) bool { return slices.Contains(c.list("include"), name) }

// one responds with one resource.
func (c *call) one(status int, shown resource, included ...resource) response {
	r := jsonResponse(status, responseBody{Data: shown, Included: included, Links: links{Self: shown.Links.Self}})
	if status == http.StatusCreated {
		r.header.Set("Location", shown.Links.Self)
	}
	return r
}

const defaultLimit = 50

// appleHost is where links to other pages have been seen to point, whatever host was called.
const appleHost = "https://api-appstoreconnect.itunes.apple.com"

// pages are a list of which only the items of a page are made.
type pages[T any] struct {
	total int
	items func(from, to int) []T
}

func allOf[T any](list []T) pages[T] {
	return pages[T]{len(list), func(from, to int) []T { return list[from:to] }}
}

// page responds with the page that the call wants, each item shown as show does; included, unless it is nil, returns
// what belongs to the items on it.
func page[T any](c *call, all pages[T], show func(T) resource, included func([]T) []resource) response {
	limit := defaultLimit
	if given := c.query.Get("limit"); given != "" {
		limit, _ = strconv.Atoi(given)
	}
	from, err := strconv.Atoi(c.query.Get("cursor"))
	if c.query.Has("cursor") && (err != nil || from < 0 || from > all.total) {
		return badParameter("INVALID", "cursor", "The cursor is not one of the service's.")
	}
	end := min(from+limit, all.total)
	items, shown := all.items(from, end), make([]resource, 0, end-from)
	for _, item := range items {
		shown = append(shown, show(item))
	}
	body := responseBody{
		Data: shown, Links: links{Self: c.link(c.request.URL.RequestURI())},
		Meta: &meta{paging{Total: all.total, Limit: limit}},
	}
	if end < all.total {
		query := c.request.URL.Query()
		query.Set("cursor", strconv.Itoa(end))
		body.Links.Next = c.link(c.request.URL.EscapedPath() + "?" + query.Encode())
		if c.settings.AppleLinks {
			body.Links.Next = appleHost + c.request.URL.EscapedPath() + "?" + query.Encode()
		}
	}
	if included != nil {
		body.Included = included(items)
	}
	return jsonResponse(http.StatusOK, body)
}
