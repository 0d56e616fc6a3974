package wrapper

import (
	"errors"
	"maps"
	"net/url"
	"slices"
)

// maxPage is the most that App Store Connect gives on one page.
const maxPage = 200

// maxPages is far beyond what the hourly rate limit lets anybody read.
const maxPages = 4_000

// pages reads one page. An empty query is that of the first page; an empty next
// says that there are no more.
type pages[T any] func(query string) (items []*T, next string, err error)

// all yields what is on every page, up to an error, which it yields last.
func (read pages[T]) all(yield func(T, error) bool) {
	trail := trail{""}
	for {
		items, next, err := read(trail[len(trail)-1])
		if err != nil {
			yield(*new(T), err)
			return
		}
		for _, item := range items {
			if !yield(*item, nil) {
				return
			}
		}
		if next == "" {
			return
		}
		if trail, err = trail.follow(next); err != nil {
			yield(*new(T), err)
			return
		}
	}
}

// trail is the queries of the pages that were read.
type trail []string

func (t trail) follow(next string) (trail, error) {
	switch {
	case slices.Contains(t, next):
		return nil, errors.New("wrapper: links.next leads back to a page that was read before")
	case len(t) == maxPages:
		return nil, errors.New("wrapper: links.next leads on and on; the list seems to have no end")
	}
	return append(t, next), nil
}

// nextQuery is the query of a link to the next page, if there is a link.
func nextQuery(link string) (string, error) {
	if link == "" {
		return "", nil
	}
	next, err := url.Parse(link)
	if err != nil || next.RawQuery == "" {
		return "", errors.New("links.next does not parse, or has no query")
	}
	return next.RawQuery, nil
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
