package wrapper

import (
	"errors"
	"fmt"
	"iter"
	"maps"
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

// paged has the call decode one page. W is the generated type of an item, I
// the type of included.
func paged[W, I any, T resource](c *call, convert func(W, I) (T, error)) *result[page[T]] {
	var got result[page[T]]
	c.decode = func(body []byte) error {
		var document struct {
			Data     []W                   `json:"data"`
			Included I                     `json:"included"`
			Links    struct{ Next string } `json:"links"`
		}
		if err := decode(body, &document); err != nil {
			return err
		}
		items, err := convertAll(document.Data, document.Included, convert)
		if err != nil {
			return err
		}
		next, err := url.Parse(document.Links.Next)
		if err != nil || document.Links.Next != "" && next.RawQuery == "" {
			return errors.New("links.next does not parse, or has no query")
		}
		got.value = page[T]{items, next.RawQuery}
		return nil
	}
	return &got
}

// convertAll converts the data of a page, which must be there and may be empty.
func convertAll[W, I, T any](data []W, included I, convert func(W, I) (T, error)) ([]T, error) {
	if data == nil {
		return nil, errors.New("data is missing or null")
	}
	items := make([]T, len(data))
	for i, from := range data {
		var err error
		if items[i], err = convert(from, included); err != nil {
			return nil, fmt.Errorf("data[%d]: %w", i, err)
		}
	}
	return items, nil
}

// nextPage is our own query with what the link's adds and changes, but for the
// limit. Of a link only the query is followed: links have been seen that name
// another host, and a token must never go there.
func nextPage(query url.Values, link string) string {
	added, _ := url.ParseQuery(link)
	limit := query["limit"]
	maps.Copy(query, added)
	if limit != nil {
		query["limit"] = limit
	}
	return query.Encode()
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
