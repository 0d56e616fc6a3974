package sandbox

// Sending notifications: of the caller's making, and once more.

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

const maxCopies = 100

// toSend is the body of POST /notifications.
type toSend struct {
	Type       string                     `json:"type"`
	ID         string                     `json:"id"`     // a new one if it is empty
	AppID      string                     `json:"app_id"` // whose webhooks receive it; the only app if it is empty
	Fields     map[string]json.RawMessage `json:"fields"`
	Copies     int                        `json:"copies"` // with the same id and bytes
	Concurrent bool                       `json:"concurrent"`
	Signature  string                     `json:"signature"`
}

// sendNotification checks everything before it sends anything.
func (s *Sandbox) sendNotification(r *http.Request) (int, any, error) {
	wanted := toSend{Copies: 1, Signature: "valid"}
	if err := decode(r, &wanted); err != nil {
		return 0, nil, err
	}
	signed, err := s.prepare(&wanted)
	if err != nil {
		return 0, nil, err
	}
	sent := make([][]asctest.Delivery, wanted.Copies)
	var group sync.WaitGroup
	for i := range sent {
		group.Go(func() {
			for _, n := range signed {
				sent[i] = append(sent[i], send(r, n))
			}
		})
		if !wanted.Concurrent {
			group.Wait()
		}
	}
	group.Wait()
	redactor := s.redactor()
	show := func(d asctest.Delivery) object { return redactor.notification(d, everything) }
	shown := mapped(slices.Concat(sent...), show)
	return http.StatusCreated, object{"notifications": shown, "total": len(shown)}, nil
}

// prepare signs the notification for each recipient.
func (s *Sandbox) prepare(wanted *toSend) ([]asctest.SignedNotification, error) {
	event, app := sample.Event(wanted.Type), wanted.AppID
	switch {
	case wanted.Copies < 1 || wanted.Copies > maxCopies:
		return nil, badField("copies", "must be from 1 to %d", maxCopies)
	case !slices.Contains([]string{"valid", "forged", "old_secret"}, wanted.Signature):
		return nil, badField("signature", "must be one of valid, forged, old_secret")
	case event == nil:
		return nil, badField("type", "must be one of %s", strings.Join(sample.Types(), ", "))
	}
	if apps := s.Fake.State().Apps; app == "" && len(apps) == 1 {
		app = apps[0]
	}
	if unicode.IsUpper(rune(wanted.Type[0])) { // it goes to the marketplace webhook
		app = ""
	}
	if err := setFields(event, app, wanted.Fields); err != nil {
		return nil, err
	}
	n := notification.New(event)
	n.Type, n.ID = wanted.Type, cmp.Or(wanted.ID, n.ID)
	payload, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	return s.sign(app, payload, wanted.Signature)
}

// resendNotification posts the same bytes again, to the webhook's present URL and with its present secret; a forgery
// stays a forgery.
func (s *Sandbox) resendNotification(r *http.Request) (int, any, error) {
	d, err := s.notification(r)
	if err != nil {
		return 0, nil, err
	}
	signed, err := s.sign(d.WebhookID, d.Payload, d.SignedWith)
	if err != nil {
		return 0, nil, err
	}
	signed[0].Redelivery = true
	d = send(r, signed[0])
	return http.StatusCreated, s.redactor().notification(d, everything), nil
}

// sign signs a payload for each of its recipients. See asctest.Handler.Sign for to.
func (s *Sandbox) sign(to string, payload []byte, signature string) ([]asctest.SignedNotification, error) {
	n, err := notification.Decode(payload)
	if err != nil {
		return nil, badField("id", "must be valid UTF-8 without control characters, of at most 512 bytes")
	}
	signed, err := s.Fake.Sign(to, n)
	if err != nil {
		return nil, asRefusal(http.StatusConflict, err)
	}
	former := s.Fake.State().FormerSecrets
	for i, n := range signed {
		switch signature {
		case "forged":
			signed[i] = n.Forged()
		case "old_secret":
			secrets := former[n.WebhookID]
			if len(secrets) == 0 {
				return nil, refuse(http.StatusConflict, "signature", "the webhook %s has had one secret only: change it first", n.WebhookID)
			}
			signed[i] = n.SignedWith(secrets[len(secrets)-1])
		}
	}
	return signed, nil
}

// send posts n. It goes on when the one who asked leaves.
func send(r *http.Request, n asctest.SignedNotification) asctest.Delivery {
	d, _ := n.Send(context.WithoutCancel(r.Context())) // the error is in d, too
	return d
}
