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
	Raw        *string                    `json:"raw"`        // what to post, in place of a type
	ID         string                     `json:"id"`         // a new one if it is empty
	AppID      string                     `json:"app_id"`     // whose webhooks receive it; the only app if it is empty
	WebhookID  string                     `json:"webhook_id"` // which receives it, in place of those that would
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
			sent[i] = sendAll(r, signed)
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
	to := cmp.Or(wanted.WebhookID, app)
	switch {
	case wanted.Copies < 1 || wanted.Copies > maxCopies:
		return nil, badField("copies", "must be from 1 to %d", maxCopies)
	case !slices.Contains([]string{"valid", "forged", "old_secret"}, wanted.Signature):
		return nil, badField("signature", "must be one of valid, forged, old_secret")
	case wanted.WebhookID != "" && app != "":
		return nil, badField("app_id", "must not be given beside webhook_id")
	case wanted.Raw != nil && (wanted.Type != "" || wanted.ID != "" || wanted.Fields != nil):
		return nil, badField("raw", "must not be given beside type, id or fields: it is the whole body")
	case wanted.Raw != nil:
		signed, err := s.Fake.SignBytes(to, []byte(*wanted.Raw))
		return s.with(wanted.Signature, signed, err)
	case event == nil:
		return nil, badField("type", "must be one of %s", strings.Join(sample.Types(), ", "))
	}
	if apps := s.Fake.State().Apps; app == "" && len(apps) == 1 {
		app = apps[0]
	}
	if unicode.IsUpper(rune(wanted.Type[0])) { // it goes to the marketplace webhook
		app = ""
	}
	to = cmp.Or(wanted.WebhookID, app)
	if err := setFields(event, app, wanted.Fields); err != nil {
		return nil, err
	}
	n := notification.New(event)
	n.Type, n.ID = wanted.Type, cmp.Or(wanted.ID, n.ID)
	payload, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	return s.sign(to, payload, wanted.Signature)
}

// resendNotification posts the same bytes again, to the webhook's present URL and with its present secret; a forgery
// stays a forgery.
func (s *Sandbox) resendNotification(r *http.Request) (int, any, error) {
	d, err := s.notification(r)
	if err != nil {
		return 0, nil, err
	}
	signed, err := s.Fake.SignBytes(d.WebhookID, d.Payload)
	if signed, err = s.with(d.SignedWith, signed, err); err != nil {
		return 0, nil, err
	}
	signed[0].Redelivery = true
	d = sendAll(r, signed)[0]
	return http.StatusCreated, s.redactor().notification(d, everything), nil
}

// sign signs a payload for each of its recipients. See asctest.Handler.Sign for to.
func (s *Sandbox) sign(to string, payload []byte, signature string) ([]asctest.SignedNotification, error) {
	n, err := notification.Decode(payload)
	if err != nil {
		return nil, badField("id", "must be valid UTF-8 without control characters, of at most 512 bytes")
	}
	signed, err := s.Fake.Sign(to, n)
	return s.with(signature, signed, err)
}

// with makes the signatures those that are wanted, unless there was an error.
func (s *Sandbox) with(
	signature string, signed []asctest.SignedNotification, err error,
) ([]asctest.SignedNotification, error) {
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

// sendAll posts to each recipient, side by side. It goes on when the one who asked leaves.
func sendAll(r *http.Request, signed []asctest.SignedNotification) []asctest.Delivery {
	sent := make([]asctest.Delivery, len(signed))
	var posts sync.WaitGroup
	for i, n := range signed {
		posts.Go(func() { sent[i], _ = n.Send(context.WithoutCancel(r.Context())) }) // the error is in it, too
	}
	posts.Wait()
	return sent
}
