package wrapper

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
)

// maxPage is the most that App Store Connect gives on one page.
const maxPage = 200

// page is one page of a list.
type page[T any] struct {
	items []T
	next  string // the query of the next page; empty: this is the last one
}

// many decodes a page, whose data must be there and may be empty. Item is a
// pointer to the generated type of an item, Included the type of included.
type many[Item, Included any, T resource] struct {
	convert func(Item, Included) (T, error)
	page    page[T]
}

// paged has the call decode one page.
func paged[Item, Included any, T resource](
	c *call, convert func(Item, Included) (T, error),
) *many[Item, Included, T] {
	m := &many[Item, Included, T]{convert: convert}
	c.success = m
	return m
}

// result is the end of a call that returns a page.
func (m *many[Item, Included, T]) result(_ *http.Response, err error) (page[T], error) {
	return m.page, err
}

func (m *many[Item, Included, T]) decode(body []byte) (err error) {
	var data []Item
	var included Included
	document := document{Data: &data, Included: &included}
	if err := decode(body, &document); err != nil {
		return err
	}
	if data == nil {
		return errors.New("data is missing or null")
	}
	items := make([]T, len(data))
	for i, item := range data {
		if isNil(item) {
			return fmt.Errorf("data[%d] is null", i)
		}
		if items[i], err = m.convert(item, included); err != nil {
			return fmt.Errorf("data[%d]: %w", i, err)
		}
	}
	next, err := nextQuery(document.Links.Next)
	if err == nil {
		m.page = page[T]{items, next}
	}
	return err
}

func nextQuery(link string) (string, error) {
	next, err := url.Parse(link)
	if err != nil || link != "" && next.RawQuery == "" {
		return "", errors.New("links.next does not parse, or has no query")
	}
	return next.RawQuery, nil
}

// pages yields what is on every page, and at last the error that kept it from
// more. get reads the page with the given query; empty: the first one.
func pages[T any](get func(query string) (page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for seen := []string{""}; ; {
			got, err := get(seen[len(seen)-1])
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, item := range got.items {
				if !yield(item, nil) {
					return
				}
			}
			if got.next == "" {
				return
			}
			if slices.Contains(seen, got.next) {
				yield(*new(T), errors.New("wrapper: links.next leads back to a page that was read before"))
				return
			}
			seen = append(seen, got.next)
		}
	}
}
