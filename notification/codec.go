package notification

import (
	"cmp"
	"net/url"
	"slices"
	"time"
)

// A codec copies the fields of an event to the wire or from it, so that an
// event lists each of its fields once.
type codec struct {
	data       *data
	kind       *kind
	writing    bool
	at         time.Time // written where the event has no time
	incomplete bool      // a required field is missing
}

func (c *codec) require(present bool) { c.incomplete = c.incomplete || !present }

// move copies a field one way or the other, and returns it.
func move[T any](c *codec, field, wire *T) T {
	if c.writing {
		*wire = *field
	} else {
		*field = *wire
	}
	return *field
}

func (c *codec) text(field, wire *string) { c.require(move(c, field, wire) != "") }

func (c *codec) list(field, wire *[]string) {
	list := move(c, field, wire)
	c.require(list != nil && !slices.Contains(list, ""))
}

func (c *codec) flag(field *bool, wire **bool) {
	if c.writing {
		*wire = field
	}
	if c.require(*wire != nil); *wire != nil {
		*field = **wire
	}
}

func (c *codec) time(field *time.Time, wire *timestamp) {
	if c.writing {
		*wire = timestamp(orTime(*field, c.at))
	} else {
		*field = time.Time(*wire)
	}
}

// timestamp is when the event of a webhook happened.
func (c *codec) timestamp(field *time.Time) {
	c.time(field, &c.data.Attributes.Timestamp.timestamp)
}

func (c *codec) instance(field *string) {
	c.related(field, &c.data.Relationships.Instance, c.kind.instance, c.kind.flat)
}

func (c *codec) related(field *string, wire *relationship, typ string, flat bool) {
	if !c.writing {
		*field = wire.id()
	} else {
		named := &wire.Data
		if flat {
			named = &wire.resource
		}
		named.Type, named.ID = typ, *field
		wire.Links.Self = "https://api.appstoreconnect.apple.com/v1/" + typ + "/" + url.PathEscape(*field)
	}
	c.require(*field != "")
}

// states reads each of Apple's spellings, and writes the one of the kind. The
// state before may be missing.
func (c *codec) states(before, after *string) {
	a := &c.data.Attributes
	if c.writing {
		oldState, newState := c.kind.states(a)
		*oldState, *newState = *before, *after
	} else {
		*before = cmp.Or(a.OldValue, a.OldState, a.OldExternalBuildState)
		*after = cmp.Or(a.NewValue, a.NewState, a.NewExternalBuildState)
	}
	c.require(*after != "")
}

func asValue(a *attributes) (before, after *string) { return &a.OldValue, &a.NewValue }
func asState(a *attributes) (before, after *string) { return &a.OldState, &a.NewState }
func asExternalBuildState(a *attributes) (before, after *string) {
	return &a.OldExternalBuildState, &a.NewExternalBuildState
}
