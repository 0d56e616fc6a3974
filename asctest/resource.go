package asctest

// Resources that tests give, and all that reads show.

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// Resource is anything that the OpenAPI document has a read for, such as a build or an app. Its type and ID, its
// attributes and its relationships are checked by the document. Every read that leads to it shows it.
type Resource struct {
	Type, ID   string         // as in the API, such as builds
	Attributes map[string]any // as in the API; what is decoded from their JSON is stored

	// Relationships have the IDs of what the resource is related to, such as app: ["6478000001"]. A list of related
	// resources that is not given here has those whose relationship names this resource.
	Relationships map[string][]string
}

func (r Resource) applyTo(h *Handler) error { //nolint:unparam // as Option has it
	h.state.Resources = append(h.state.Resources, r)
	return nil
}

// clone shares nothing with r, unless the attributes are no JSON, which check refuses.
func (r Resource) clone() Resource {
	if text, err := json.Marshal(r.Attributes); err == nil {
		r.Attributes = nil
		_ = json.Unmarshal(text, &r.Attributes)
	}
	r.Relationships = maps.Clone(r.Relationships)
	for name, ids := range r.Relationships {
		r.Relationships[name] = slices.Clone(ids)
	}
	return r
}

// entry is a resource that reads show.
type entry struct {
	Resource
	download *download // what its URL leads to, or nil
}

// entries has all resources that reads show: those that tests give, package versions with what belongs to them, and
// apps.
type entries struct {
	contract *contract.Contract
	all      map[string][]*entry // by type, in the order given
	byID     map[[2]string]*entry
}

// newEntries makes the entries of s. The error names what is not possible.
func newEntries(c *contract.Contract, s *State) (*entries, error) {
	es := &entries{contract: c, all: map[string][]*entry{}, byID: map[[2]string]*entry{}}
	for i, r := range s.Resources {
		if !es.add(entry{Resource: r}) {
			return nil, invalid(fmt.Sprintf("resources[%d].id", i), "is a duplicate")
		}
	}
	for i, v := range s.PackageVersions {
		es.add(entry{Resource: Resource{Type: packages, ID: v.PackageID}}) // unless it is there
		for _, e := range v.entries() {
			if !es.add(e) {
				return nil, invalid(fmt.Sprintf("package_versions[%d]", i), "has the id of another of type %s", e.Type)
			}
		}
	}
	for _, app := range s.Apps {
		es.add(entry{Resource: Resource{Type: apps, ID: app}}) // unless it is there
	}
	known := resourceTypes(c)
	for i, r := range s.Resources {
		if err := es.check(fmt.Sprintf("resources[%d].", i), r, known); err != nil {
			return nil, err
		}
	}
	return es, nil
}

// add reports whether e is new.
func (es *entries) add(e entry) bool {
	key := entryKey(e.Type, e.ID)
	if es.byID[key] != nil {
		return false
	}
	es.byID[key] = &e
	es.all[e.Type] = append(es.all[e.Type], &e)
	return true
}

// get returns a resource, or nil.
func (es *entries) get(kind, id string) *entry { return es.byID[entryKey(kind, id)] }

// entryKey is one for all cases of an ID, as with webhooks.
func entryKey(kind, id string) [2]string { return [2]string{kind, strings.ToLower(id)} }

// related returns what e is related to: what its relationship names, or those of the relationship's type that name e.
func (es *entries) related(e *entry, name string, to contract.Relationship) (found []*entry) {
	ids, given := e.Relationships[name]
	for _, id := range ids {
		found = append(found, es.get(to.Type, id))
	}
	if given || !to.Many {
		return found
	}
	for _, other := range es.all[to.Type] {
		if es.name(other, e) {
			found = append(found, other)
		}
	}
	return found
}

// name reports whether a relationship of e leads to other.
func (es *entries) name(e, other *entry) bool {
	for name, ids := range e.Relationships {
		to := es.contract.ResourceType(e.Type).Relationships[name]
		if to.Type == other.Type && slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, other.ID) }) {
			return true
		}
	}
	return false
}

// check compares a resource with the document, and its relationships with what is there. Its type must be known.
func (es *entries) check(at string, r Resource, known []string) error {
	if !slices.Contains(known, r.Type) {
		return invalid(at+"type", "must be one of %s", strings.Join(known, ", "))
	}
	if !isID(r.ID) {
		return invalid(at+"id", "must be of letters, digits and -._~")
	}
	text, err := json.Marshal(r.Attributes)
	if err != nil {
		return invalid(at+"attributes", "must be possible as JSON")
	}
	attributes := map[string]any{}
	_ = json.Unmarshal(text, &attributes)
	documented := es.contract.ResourceType(r.Type)
	for _, v := range es.contract.CheckAttributes(documented, attributes) {
		return invalid(at+"attributes"+strings.ReplaceAll(v.Pointer, "/", "."), "%s", v.Rule)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Relationships)) {
		if err := es.checkRelationship(documented, at+"relationships."+name, name, r.Relationships[name]); err != nil {
			return err
		}
	}
	return nil
}

func (es *entries) checkRelationship(t *contract.ResourceType, at, name string, ids []string) error {
	to, known := t.Relationships[name]
	switch {
	case !known:
		kept := slices.Sorted(maps.Keys(t.Relationships))
		return invalid(at, "is not in the document, which has %s", strings.Join(kept, ", "))
	case !to.Many && len(ids) > 1:
		return invalid(at, "leads to one %s, not to several", to.Type)
	}
	for _, id := range ids {
		if es.get(to.Type, id) == nil {
			return invalid(at, "leads to none of the %s that are given", to.Type)
		}
	}
	return nil
}

// resourceTypes are those that the reads show which have no operation of their own.
func resourceTypes(c *contract.Contract) (names []string) {
	for _, id := range c.Operations() {
		if shown, ok := c.Read(id); ok && operations[Operation(id)] == nil {
			names = append(names, shown.Shows)
			names = append(names, shown.Included...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
