package sandbox

// Listing and resending what was posted.

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
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

func (s *Sandbox) posted(p post) posted {
	return posted{
		ID: p.ID, NotificationID: s.withhold(p.NotificationID), Type: s.withhold(p.Type), WebhookID: p.WebhookID,
		URL: s.withhold(p.URL), Signature: p.Signature, Redelivery: p.Redelivery, State: p.State,
		Created: p.Created, Sent: p.Sent, Body: s.withholdBody(p.Body), Status: p.Status,
		ResponseBody: s.withholdBody([]byte(strings.ToValidUTF8(p.ResponseBody, "\uFFFD"))), Error: s.withhold(p.Error),
	}
}

func (s *Sandbox) listedPost(p post) posted {
	shown := s.posted(p)
	var bodyCut, responseCut bool
	shown.Body, bodyCut = cut(shown.Body)
	shown.ResponseBody, responseCut = cut(shown.ResponseBody)
	shown.Cut = bodyCut || responseCut
	return shown
}

func (s *Sandbox) listNotifications(r *http.Request) (int, any, error) {
	s.mu.Lock()
	all := slices.Clone(s.posts.posts)
	s.mu.Unlock()
	total := len(all)
	chosen, err := latest(r, all, func(p post) time.Time { return p.Created })
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, postedList{mapped(chosen, s.listedPost), total}, nil
}

type postedList struct {
	Notifications []posted `json:"notifications"`
	Total         int      `json:"total"`
}

func (s *Sandbox) getNotification(r *http.Request) (int, any, error) {
	p, err := s.find(r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.posted(p), nil
}

func (s *Sandbox) find(id string) (post, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, there := s.posts.get(id)
	if !there {
		return post{}, refusal{status: http.StatusNotFound, field: "id", message: "there is no such notification, or not any more"}
	}
	return p, nil
}

// resendNotification posts the same bytes again, to the webhook's present URL
// and with its present secret; a forgery stays a forgery.
func (s *Sandbox) resendNotification(r *http.Request) (int, any, error) {
	p, err := s.find(r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	n, err := notification.Decode(p.Body)
	if err != nil {
		return 0, nil, err
	}
	d, err := s.delivery(p.WebhookID, n, p.Signature)
	if err != nil {
		return 0, nil, err
	}
	sent := s.send(r.Context(), post{
		NotificationID: n.ID, Type: n.Type, WebhookID: p.WebhookID, URL: d.EndpointURL,
		Signature: p.Signature, Redelivery: true, Body: d.Body,
	}, d)
	return http.StatusCreated, s.posted(sent), nil
}

// The ways to sign.
const (
	validSignature  = "valid"
	forgedSignature = "forged"
	oldSecret       = "old_secret"
)

// delivery signs n for a webhook of either kind.
func (s *Sandbox) delivery(webhookID string, n *notification.Notification, signature string) (asctest.SignedNotification, error) {
	d, err := s.Fake.SignedNotificationTo(webhookID, n)
	if w, there := s.Fake.MarketplaceWebhook(); there && w.ID == webhookID {
		d, err = s.Fake.SignedNotification(n)
	}
	if err != nil {
		return d, refusal{status: http.StatusConflict, message: "the webhook " + webhookID + " is not registered any more"}
	}
	switch signature {
	case forgedSignature:
		return d.Forged(), nil
	case oldSecret:
		s.mu.Lock()
		secret, there := s.secrets.previous[webhookID]
		s.mu.Unlock()
		if !there {
			return d, refusal{status: http.StatusConflict, field: "signature", message: "the webhook " + webhookID + " has had one secret only: change it first"}
		}
		return d.SignedWith(secret), nil
	}
	return d, nil
}

// receiverTimeout is how long a receiver has to respond, as in asctest.
const receiverTimeout = 10 * time.Second

// send posts d and records it as p. It goes on when the one who asked leaves, so
// that what became of it is recorded.
func (s *Sandbox) send(ctx context.Context, p post, d asctest.SignedNotification) post {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiverTimeout)
	defer cancel()
	p.ID, p.State, p.Created = rand.Text(), pending, time.Now().UTC()
	p.Sent = p.Created
	s.put(p, true)
	status, body, err := d.SendAndRead(ctx)
	p.State, p.Status, p.ResponseBody = failed, status, body
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		p.Error = "The receiver did not respond in time."
	case err != nil:
		p.Error = "The receiver could not be reached: " + strings.TrimPrefix(err.Error(), "asctest: ")
	case status/100 == 2:
		p.State = succeeded
	}
	s.put(p, false)
	return p
}

// put records p; what a reset has forgotten stays forgotten.
func (s *Sandbox) put(p post, isNew bool) {
	s.mu.Lock()
	if _, there := s.posts.get(p.ID); there || isNew {
		s.posts.set(p)
	}
	s.mu.Unlock()
	s.observe()
}
