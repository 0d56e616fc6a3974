package sandbox

// Sending a notification of the caller's making.

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

const maxCopies = 100

// toSend is the body of POST /notifications.
type toSend struct {
	Type       string                     `json:"type"`
	ID         string                     `json:"id"`     // a new one if it is empty
	AppID      string                     `json:"app_id"` // whose webhooks are to hear of it; the only app if it is empty
	Fields     map[string]json.RawMessage `json:"fields"`
	Copies     int                        `json:"copies"` // with the same id and bytes
	Concurrent bool                       `json:"concurrent"`
	Signature  string                     `json:"signature"`
}

func (s *Sandbox) sendNotification(r *http.Request) (int, any, error) {
	wanted := toSend{Copies: 1, Signature: validSignature}
	if err := decode(r, &wanted); err != nil {
		return 0, nil, err
	}
	signed, err := s.prepare(&wanted)
	if err != nil {
		return 0, nil, err
	}
	sent := make([][]asctest.Delivery, wanted.Copies)
	copyTo := func(i int) {
		for _, n := range signed {
			sent[i] = append(sent[i], send(r.Context(), n))
		}
	}
	var group sync.WaitGroup
	for i := range sent {
		if wanted.Concurrent {
			group.Go(func() { copyTo(i) })
		} else {
			copyTo(i)
		}
	}
	group.Wait()
	all := slices.Concat(sent...)
	return http.StatusCreated, postedList{mapped(all, s.posted), len(all)}, nil
}

// prepare checks everything before anything is sent, and signs the notification for each recipient.
func (s *Sandbox) prepare(wanted *toSend) ([]asctest.SignedNotification, error) {
	switch {
	case wanted.Copies < 1 || wanted.Copies > maxCopies:
		return nil, badField("copies", "must be from 1 to %d", maxCopies)
	case !slices.Contains([]string{validSignature, forgedSignature, oldSecret}, wanted.Signature):
		return nil, badField("signature", "must be one of valid, forged, old_secret")
	}
	app := wanted.AppID
	if apps := s.Fake.State().Apps; app == "" && len(apps) == 1 {
		app = apps[0]
	}
	n, err := wanted.notification(app)
	if err != nil {
		return nil, err
	}
	if isOfMarketplace(n.Type) {
		app = ""
	}
	return s.sign(app, n, wanted.Signature)
}

// notification makes it, of bytes that do not change from copy to copy.
func (wanted *toSend) notification(app string) (*notification.Notification, error) {
	event := sample.Event(wanted.Type)
	if event == nil {
		return nil, badField("type", "must be one of %s", strings.Join(sample.Types(), ", "))
	}
	given := map[string]json.RawMessage{}
	if _, named := fields(event)["marketplace_app_id"]; named && app != "" && !isOfMarketplace(wanted.Type) {
		given["marketplace_app_id"], _ = json.Marshal(app)
	}
	for name, value := range wanted.Fields {
		given[name] = value
	}
	if err := setFields(event, given); err != nil {
		return nil, err
	}
	if name := missing(event); name != "" {
		return nil, badField("fields."+name, "must not be empty")
	}
	n := notification.New(event)
	n.Type, n.ID = wanted.Type, cmp.Or(wanted.ID, n.ID)
	body, err := json.Marshal(n)
	if err != nil {
		return nil, badField("fields", "make no notification of this type")
	}
	if n, err = notification.Decode(body); err != nil {
		return nil, badField("id", "must be valid UTF-8 without control characters, of at most 512 bytes")
	}
	return n, nil
}
