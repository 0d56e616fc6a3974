package wrapper

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"slices"

	"github.com/ascmarketplace/webhooks/gen"
)

// maxPage is the most that App Store Connect gives on one page.
const maxPage = 200

// page is one page of a list.
type page[T any] struct {
	items []T
	next  string // the query of the next page; empty: this is the last one
}

// convertPage converts a page's data as convertAll does, and returns page.next.
func convertPage(links gen.PagedDocumentLinks, there bool, data int, convert func(i int) error) (string, error) {
	if err := convertAll(there, data, convert); err != nil || links.Next == "" {
		return "", err
	}
	next, err := url.Parse(links.Next)
	if err != nil || next.RawQuery == "" {
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

// withQuery follows a link's query on our own base URL and path: links have
// been seen that name another host, and a token must never go there.
func withQuery(query string) gen.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		if query != "" {
			req.URL.RawQuery = query
		}
		return nil
	}
}
