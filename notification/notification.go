package notification

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrMalformed is what [Decode] refuses a body for that can't be a
// notification. Errors that match it never quote the body.
var ErrMalformed = errors.New("notification: malformed")

const (
	version   = 1 // the only one that Apple documents, for all types
	maxIDSize = 512
)

// A Notification is one message to the marketplace. Its JSON form is the one
// that Apple documents.
type Notification struct {
	ID        string    // names the notification; a duplicate has the same
	Type      string    // as received, whatever its spelling
	Version   int       // of the type; 0 if none could be read
	Timestamp time.Time // in UTC; zero if none could be read

	// Event is nil for a type or version that this package does not know, and
	// for a known type whose attributes are not as documented. Raw has it all.
	Event Event

	// Raw is a copy of the body as received; nil for one made by New.
	Raw []byte

	// SecretIndex tells which of the Verifier's secrets signed it, counted
	// from 0. The Handler sets it.
	SecretIndex int
}

type envelope struct {
	Data data `json:"data"`
}

type data struct {
	Type       string     `json:"type"`
	Version    int        `json:"version"`
	ID         string     `json:"id"`
	Timestamp  timestamp  `json:"timestamp"`
	Attributes attributes `json:"attributes"`
}

// Decode reads the body of a notification that has been verified. It accepts
// what it does not know: new properties are skipped, and a new type, a new
// version or an attribute of another JSON type gives a Notification whose
// Event is nil. A timestamp that can't be read is the zero time. The error
// matches ErrMalformed: the body is not one JSON document, has no type or no
// id, or an id that is not valid UTF-8 or is longer than 512 bytes.
//
// Property names match as in encoding/json: case is ignored, and the last of
// several wins. Only someone who has the secret can send such a body, and a
// stricter reader of Raw may understand it differently: Raw is the authority.
func Decode(body []byte) (*Notification, error) {
	var e envelope
	err := json.Unmarshal(body, &e)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, fmt.Errorf("%w: not one JSON document (byte %d)", ErrMalformed, syntax.Offset)
	}
	d := &e.Data
	if d.Type == "" {
		return nil, fmt.Errorf("%w: no data.type", ErrMalformed)
	}
	if err := checkID(d.ID); err != nil {
		return nil, err
	}
	n := &Notification{ID: d.ID, Type: d.Type, Version: d.Version, Timestamp: time.Time(d.Timestamp), Raw: bytes.Clone(body)}
	// Any error left is a value of an unexpected JSON type: not the documented event.
	if err == nil && d.Version == version {
		n.Event = d.Attributes.event(d.Type)
	}
	return n, nil
}

// checkID refuses IDs that a Deduplicator could confuse. Decoding turns
// whatever is not UTF-8 into U+FFFD, so that different IDs would become equal.
func checkID(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("%w: no data.id", ErrMalformed)
	case len(id) > maxIDSize:
		return fmt.Errorf("%w: data.id is longer than %d bytes", ErrMalformed, maxIDSize)
	case strings.ContainsRune(id, utf8.RuneError):
		return fmt.Errorf("%w: data.id is not valid UTF-8", ErrMalformed)
	}
	return nil
}

// New returns a notification of event as if it happened now, with a random
// ID, for senders: tests, fakes and tools. Marshal it to JSON and Sign that.
func New(event Event) *Notification {
	n := &Notification{
		ID:        randomUUID(),
		Version:   version,
		Timestamp: time.Now().UTC().Truncate(time.Millisecond),
		Event:     event,
	}
	if !isNil(event) {
		n.Type, _ = event.wire()
	}
	return n
}

// MarshalJSON returns Raw if there is one, so that a received notification
// keeps what this package does not know; otherwise the documented form, made
// from the other fields. An EventTimestamp that is zero becomes Timestamp, and
// both are in UTC and whole milliseconds. Every ID has to be there.
func (n Notification) MarshalJSON() ([]byte, error) {
	if n.Raw != nil {
		return n.Raw, nil
	}
	if isNil(n.Event) || n.ID == "" {
		return nil, errors.New("notification: Event and ID are needed: New sets both")
	}
	_, a := n.Event.wire()
	if a.event(n.Type) == nil {
		return nil, fmt.Errorf("notification: the event lacks an ID or is not of type %q", n.Type)
	}
	if time.Time(a.EventTimestamp).IsZero() {
		a.EventTimestamp = timestamp(n.Timestamp)
	}
	return json.Marshal(envelope{data{n.Type, n.Version, n.ID, timestamp(n.Timestamp), a}})
}

// timestamp is a time as Apple writes it. Reading one never fails, because no
// notification may be lost for its timestamp.
type timestamp time.Time

func (t *timestamp) UnmarshalJSON(b []byte) error {
	var read time.Time
	if read.UnmarshalJSON(b) != nil {
		return nil
	}
	// Year 9999 with an offset may be 10000 in UTC, which can't be written again.
	if utc := read.UTC(); 0 <= utc.Year() && utc.Year() <= 9999 {
		*t = timestamp(utc)
	}
	return nil
}

// MarshalJSON writes UTC as Apple does, with -00:00.
func (t timestamp) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format(`"2006-01-02T15:04:05.000-00:00"`)), nil
}

func randomUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
