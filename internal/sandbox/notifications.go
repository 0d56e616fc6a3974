package sandbox

// Listing and resending what was posted.

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/notification"
)

type posted struct {
	ID             string    `json:"id"`
	NotificationID string    `json:"notification_id"`
	Type           string    `json:"type"`
	WebhookID      string    `json:"webhook_id"`
	URL            string    `json:"url"`
	Signature      string    `json:"signature"`
	Redelivery     bool      `json:"redelivery"`
	State          string    `json:"state"`
	Created        time.Time `json:"created"`
	Sent           time.Time `json:"sent,omitzero"`
	Body           string    `json:"body"`
	Status         int       `json:"status"` // 0 if nothing responded
	ResponseBody   string    `json:"response_body"`
	Error          string    `json:"error"`
	Cut            bool      `json:"cut"` // the list has only the beginning of the bodies
}

func (s *Sandbox) posted(d asctest.Delivery) posted {
	return posted{
		ID: d.ID, NotificationID: s.withhold(d.EventID), Type: s.withhold(typeOf(d.Payload)), WebhookID: d.WebhookID,
		URL: s.withhold(d.URL), Signature: d.SignedWith, Redelivery: d.Redelivery, State: d.State,
		Created: d.Created, Sent: d.Sent, Body: s.withholdBody(d.Payload), Status: d.StatusCode,
		ResponseBody: s.withholdBody([]byte(strings.ToValidUTF8(d.ResponseBody, "\uFFFD"))), Error: s.withhold(d.ErrorMessage),
	}
}

func (s *Sandbox) listedPost(d asctest.Delivery) posted {
	shown := s.posted(d)
	var bodyCut, responseCut bool
	shown.Body, bodyCut = cut(shown.Body)
	shown.ResponseBody, responseCut = cut(shown.ResponseBody)
	shown.Cut = bodyCut || responseCut
	return shown
}

func (s *Sandbox) listNotifications(r *http.Request) (int, any, error) {
	all := s.Fake.Deliveries("")
	chosen, err := latest(r, all, func(d asctest.Delivery) time.Time { return d.Created })
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, postedList{mapped(chosen, s.listedPost), len(all)}, nil
}

type postedList struct {
	Notifications []posted `json:"notifications"`
	Total         int      `json:"total"`
}

func (s *Sandbox) getNotification(r *http.Request) (int, any, error) {
	d, err := s.find(r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.posted(d), nil
}

func (s *Sandbox) find(id string) (asctest.Delivery, error) {
	all := s.Fake.Deliveries("")
	i := slices.IndexFunc(all, func(d asctest.Delivery) bool { return d.ID == id })
	if i < 0 {
		return asctest.Delivery{}, notThere("notification")
	}
	return all[i], nil
}

// resendNotification posts the same bytes again, to the webhook's present URL and with its present secret; a forgery
// stays a forgery.
func (s *Sandbox) resendNotification(r *http.Request) (int, any, error) {
	d, err := s.find(r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	n, err := notification.Decode(d.Payload)
	if err != nil {
		return 0, nil, err
	}
	signed, err := s.sign(d.WebhookID, n, d.SignedWith)
	if err != nil {
		return 0, nil, err
	}
	signed[0].Redelivery = true
	return http.StatusCreated, s.posted(send(r.Context(), signed[0])), nil
}

// The ways to sign.
const (
	validSignature  = "valid"
	forgedSignature = "forged"
	oldSecret       = "old_secret"
)

// sign signs n for each of its recipients. See asctest.Handler.Sign for to.
func (s *Sandbox) sign(to string, n *notification.Notification, signature string) ([]asctest.SignedNotification, error) {
	signed, err := s.Fake.Sign(to, n)
	if err != nil {
		return nil, conflict(err)
	}
	former := s.Fake.State().FormerSecrets
	for i, n := range signed {
		switch signature {
		case forgedSignature:
			signed[i] = n.Forged()
		case oldSecret:
			secrets := former[n.WebhookID]
			if len(secrets) == 0 {
				message := "the webhook " + n.WebhookID + " has had one secret only: change it first"
				return nil, refusal{status: http.StatusConflict, field: "signature", message: message}
			}
			signed[i] = n.SignedWith(secrets[len(secrets)-1])
		}
	}
	return signed, nil
}

// conflict is an error of asctest that is due to what is registered.
func conflict(err error) error {
	if value, ok := errors.AsType[*contract.FieldError](err); ok {
		return refusal{status: http.StatusConflict, field: value.Field, message: value.Message}
	}
	return refusal{status: http.StatusConflict, message: strings.TrimPrefix(err.Error(), "asctest: ")}
}

// send posts n. It goes on when the one who asked leaves.
func send(ctx context.Context, n asctest.SignedNotification) asctest.Delivery {
	d, _ := n.Send(context.WithoutCancel(ctx)) // what became of it is in d
	return d
}
