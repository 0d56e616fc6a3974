package notification

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrMalformed is matched by the error of [Decode] for a body that can't be a
// notification. Errors that match it never quote the body.
var ErrMalformed = errors.New("notification: malformed")

const maxIDSize = 512

// A Notification is one message from App Store Connect, about an [Event]. Its
// JSON form is Apple's.
type Notification struct {
	ID        string    // identifies the notification: a duplicate has the same
	Type      string    // data.type, as received
	Version   int       // of the type's form; 0 if there is none, -1 if it is not a whole number
	Timestamp time.Time // in UTC; zero if there is none or it is unreadable

	// MarketplaceAppID and AppID are empty where the body does not name them.
	MarketplaceAppID string
	AppID            string

	// Event is nil for a type or version that this package does not know, and
	// for a known type whose content is not as documented. Raw has it all.
	Event Event

	// Raw is a copy of the body as received; nil for one made by New.
	Raw []byte

	// SecretIndex tells which of the Verifier's secrets signed it, counted
	// from 0. The Handler sets it; Handle, which verifies nothing, sets -1.
	SecretIndex int
}

// Decode reads the body of a notification that has been verified, in the form
// of either resource. It accepts what it does not know: new properties are
// skipped, and a new type, a new version, or a required field of another JSON
// type gives a Notification whose Event is nil. The type decides which fields
// those are: any other counts as absent if it can't be read, and a timestamp is
// then the zero time. The error matches ErrMalformed: the body is not one JSON
// document, has no type or no id, or an id that is not valid UTF-8, has a
// control character, or is longer than 512 bytes.
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
	if err != nil {
		d.readLoosely(body)
	}
	n := &Notification{ID: d.ID, Raw: bytes.Clone(body), Event: d.event()}
	n.describe(d)
	return n, nil
}

// readLoosely corrects what encoding/json makes of values of another JSON type.
// It leaves most of them zero, as if they were absent. But a version such as
// 1.0 or "1" can be read, one that can't must not pass for absent, and
// available is set to false if it is not a bool.
func (d *data) readLoosely(body []byte) {
	var loose struct {
		Data struct {
			Version    json.RawMessage
			Attributes struct{ Available any }
		}
	}
	_ = json.Unmarshal(body, &loose) // attributes may be of another type too
	if raw := strings.Trim(string(loose.Data.Version), `"`); raw != "" && raw != "null" {
		d.Version = -1
		if number, err := strconv.ParseFloat(raw, 64); err == nil && number == float64(int(number)) {
			d.Version = int(number)
		}
	}
	if _, isBool := loose.Data.Attributes.Available.(bool); !isBool {
		d.Attributes.Available = nil
	}
}

// checkID refuses IDs that a Deduplicator could confuse or not store. Decoding
// turns whatever is not UTF-8 into U+FFFD, so that different IDs would become
// equal. PostgreSQL refuses NUL in a text, and brokers keep IDs in headers.
func checkID(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("%w: no data.id", ErrMalformed)
	case len(id) > maxIDSize:
		return fmt.Errorf("%w: data.id is longer than %d bytes", ErrMalformed, maxIDSize)
	case strings.ContainsRune(id, utf8.RuneError):
		return fmt.Errorf("%w: data.id is not valid UTF-8", ErrMalformed)
	case strings.ContainsFunc(id, unicode.IsControl):
		return fmt.Errorf("%w: data.id has a control character", ErrMalformed)
	}
	return nil
}

// describe sets what both forms of d tell beside the event.
func (n *Notification) describe(d *data) {
	n.Type, n.Version = d.Type, d.Version
	n.Timestamp = orTime(time.Time(d.Timestamp), time.Time(d.Attributes.Timestamp.timestamp))
	n.MarketplaceAppID = cmp.Or(d.Attributes.MarketplaceAppID, d.Relationships.MarketplaceApp.id())
	n.AppID = d.Attributes.AppID
}

// New returns a notification of event as if it happened now, with a random
// ID, for senders: tests, fakes and tools. Marshal it to JSON and Sign that.
func New(event Event) *Notification {
	n := &Notification{ID: randomUUID(), Event: event}
	if !isNil(event) {
		d := encode(event, time.Now().UTC().Truncate(time.Millisecond))
		n.describe(&d)
	}
	return n
}

// MarshalJSON returns Raw if there is one, so that a received notification
// keeps what this package does not know. Otherwise it returns Apple's form of
// ID, Type, Version, Timestamp and Event, with times in UTC; the time of an
// event that has none is Timestamp. An event that lacks an ID, a state or its
// territories, or is not of the given Type, is an error.
func (n Notification) MarshalJSON() ([]byte, error) {
	if n.Raw != nil {
		return n.Raw, nil
	}
	if isNil(n.Event) || n.ID == "" {
		return nil, errors.New("notification: Event and ID are needed: New sets both")
	}
	d := encode(n.Event, n.Timestamp)
	d.Type, d.Version, d.ID = n.Type, n.Version, n.ID
	if _, ping := n.Event.(*WebhookPingCreated); ping && d.event() == nil {
		d.Attributes.Ping = true // of a type that says nothing of a ping
	}
	if reflect.TypeOf(d.event()) != reflect.TypeOf(n.Event) {
		return nil, fmt.Errorf("notification: the event is incomplete, or not of type %q", n.Type)
	}
	return json.Marshal(envelope{d})
}

func randomUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
