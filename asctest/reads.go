package asctest

// The reads of the document that have no operation of their own.

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// read shows one resource, those that one is related to, or all of a type.
func read(s *State, c *call) response {
	wanted, _ := c.contract.Read(string(c.operation))
	if !wanted.Instance {
		return c.readList(s, wanted.Shows, s.entries.all[wanted.Shows])
	}
	e := s.entries.get(wanted.Type, c.id)
	switch {
	case e == nil:
		return notFound(wanted.Type)
	case wanted.Name == "":
		return c.one(http.StatusOK, c.entry(s, e), c.included(s, []*entry{e})...)
	}
	related := s.entries.related(e, wanted.Name, c.relationship(e.Type, wanted.Name))
	switch {
	case wanted.Many:
		return c.readList(s, wanted.Shows, related)
	case len(related) == 0: // assumed: the document allows no null
		return notFound(wanted.Shows)
	}
	return c.one(http.StatusOK, c.entry(s, related[0]), c.included(s, related)...)
}

// readList shows those that the filters let pass.
func (c *call) readList(s *State, kind string, all []*entry) response {
	all = slices.Clone(all)
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		field, isFilter := bracketed("filter", name)
		switch {
		case isFilter && c.canFilter(kind, field):
			wanted := c.list(name)
			all = slices.DeleteFunc(all, func(e *entry) bool {
				return !slices.ContainsFunc(s.entries.values(c, e, field), func(v string) bool { return slices.Contains(wanted, v) })
			})
		case isFilter, strings.HasPrefix(name, "exists["):
			return badParameter("ILLEGAL", name, "The fake has nothing to filter by: the document's "+kind+" lack it.")
		}
	}
	for _, name := range slices.Backward(c.list("sort")) {
		field, descending := strings.CutPrefix(name, "-")
		slices.SortStableFunc(all, func(a, b *entry) int {
			if descending {
				a, b = b, a
			}
			return cmp.Compare(fmt.Sprint(a.Attributes[field]), fmt.Sprint(b.Attributes[field]))
		})
	}
	show := func(e *entry) resource { return c.entry(s, e) }
	return page(c, allOf(all), show, func(onPage []*entry) []resource { return c.included(s, onPage) })
}

// bracketed returns what a parameter such as filter[name] has in its brackets.
func bracketed(prefix, name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, prefix+"[")
	return strings.TrimSuffix(rest, "]"), ok
}

func (c *call) relationship(kind, name string) contract.Relationship {
	return c.contract.ResourceType(kind).Relationships[name]
}

// canFilter reports whether field is the ID, an attribute, a relationship, or a field of what that leads to.
func (c *call) canFilter(kind, field string) bool {
	name, rest, nested := strings.Cut(field, ".")
	documented := c.contract.ResourceType(kind)
	to, isRelationship := documented.Relationships[name]
	if nested {
		return isRelationship && c.canFilter(to.Type, rest)
	}
	return isRelationship || name == "id" || documented.HasAttribute(name)
}

// values are those that e has of a field, as a filter spells them.
func (es *entries) values(c *call, e *entry, field string) (values []string) {
	name, rest, nested := strings.Cut(field, ".")
	to, isRelationship := c.contract.ResourceType(e.Type).Relationships[name]
	if isRelationship {
		for _, other := range es.related(e, name, to) {
			if nested {
				values = append(values, es.values(c, other, rest)...)
			} else {
				values = append(values, other.ID)
			}
		}
		return values
	}
	if name == "id" {
		return []string{e.ID}
	}
	value := e.Attributes[name]
	if several, ok := value.([]any); ok {
		for _, each := range several {
			values = append(values, fmt.Sprint(each))
		}
		return values
	}
	return []string{fmt.Sprint(value)}
}

// entry is how responses show e.
func (c *call) entry(s *State, e *entry) resource {
	attributes := maps.Clone(e.Attributes)
	if e.download != nil {
		attributes = e.download.show(c, attributes)
	}
	relationships := object{}
	for name, to := range c.contract.ResourceType(e.Type).Relationships {
		if shown := c.linkage(s, e, name, to); len(shown) > 0 {
			relationships[name] = shown
		}
	}
	return c.resource(e.Type, e.ID, attributes, relationships)
}

// linkage is how a resource shows a relationship: with data if it is included, and a link if an operation reads it.
func (c *call) linkage(s *State, e *entry, name string, to contract.Relationship) object {
	shown := object{}
	path := "/v1/" + e.Type + "/" + url.PathEscape(e.ID) + "/" + name
	if id, _ := c.contract.Operation(http.MethodGet, path); id != "" && slices.Contains(to.Members, "links") {
		shown["links"] = object{"related": c.link(path)}
	}
	if !c.includes(name) || !slices.Contains(to.Members, "data") {
		return shown
	}
	data := []resource{}
	related := s.entries.related(e, name, to)
	for _, other := range c.limited(name, related) {
		data = append(data, resource{Type: other.Type, ID: other.ID})
	}
	switch {
	case to.Many:
		shown["data"] = data
		if slices.Contains(to.Members, "meta") {
			shown["meta"] = meta{paging{Total: len(related), Limit: c.limitOf(name)}}
		}
	case len(data) > 0:
		shown["data"] = data[0]
	}
	return shown
}

// included are the resources that the call wants with those shown, each once.
func (c *call) included(s *State, shown []*entry) (found []resource) {
	seen := map[*entry]bool{}
	for _, name := range c.list("include") {
		for _, e := range shown {
			for _, other := range c.limited(name, s.entries.related(e, name, c.relationship(e.Type, name))) {
				if !seen[other] {
					seen[other] = true
					found = append(found, c.entry(s, other))
				}
			}
		}
	}
	return found
}

// limited are the first of related resources, as many as are included.
func (c *call) limited(name string, related []*entry) []*entry {
	return related[:min(len(related), c.limitOf(name))]
}

// limitOf is how many related resources are included.
func (c *call) limitOf(name string) int {
	if given, err := strconv.Atoi(c.query.Get("limit[" + name + "]")); err == nil {
		return given
	}
	return maxIncluded
}

const maxIncluded = 50
