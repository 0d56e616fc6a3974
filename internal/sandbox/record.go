package sandbox

// The record of what was posted: what the fake posts by itself, and what only
// the sandbox sends, such as forgeries.

import (
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// post is one attempt to post a notification.
type post struct {
	ID             string
	NotificationID string
	Type           string
	WebhookID, URL string
	Signature      string // valid, forged or old_secret
	Redelivery     bool
	State          string // PENDING until the receiver responds, then SUCCEEDED (2xx) or FAILED
	Created, Sent  time.Time
	Status         int
	ResponseBody   string
	Error          string
	Body           []byte

	change int // of the record, when the post last changed
}

const (
	pending   = "PENDING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
)

// What is kept: the latest, within both bounds.
const (
	maxPosts     = 10_000
	maxPostBytes = 64 << 20 // of notifications
)

// record has the latest posts, oldest first.
type record struct {
	posts   []post
	index   map[string]int // from the ID to the position, plus dropped
	dropped int
	until   time.Time // when the latest that was dropped was created
	bytes   int
	changes int
}

// set adds p, or replaces the post with its ID.
func (r *record) set(p post) {
	r.changes++
	p.change = r.changes
	if i, there := r.index[p.ID]; there {
		r.posts[i-r.dropped] = p
		return
	}
	if r.index == nil {
		r.index = map[string]int{}
	}
	r.index[p.ID] = len(r.posts) + r.dropped
	r.posts = append(r.posts, p)
	r.bytes += len(p.Body)
	for len(r.posts) > maxPosts || r.bytes > maxPostBytes && len(r.posts) > 1 {
		oldest := r.posts[0]
		delete(r.index, oldest.ID)
		r.bytes -= len(oldest.Body)
		r.posts[0] = post{}
		r.posts = r.posts[1:]
		r.dropped++
		r.until = oldest.Created
	}
}

func (r *record) get(id string) (post, bool) {
	i, there := r.index[id]
	if !there {
		return post{}, false
	}
	return r.posts[i-r.dropped], true
}

// follow takes over the deliveries that are new or have changed. One that was
// dropped is not new.
func (r *record) follow(deliveries []asctest.Delivery) {
	for _, d := range deliveries {
		known, there := r.get(d.ID)
		if there && known.State != d.State || !there && d.Created.After(r.until) {
			r.set(ofDelivery(d))
		}
	}
}

func ofDelivery(d asctest.Delivery) post {
	return post{
		ID: d.ID, NotificationID: d.EventID, Type: typeOf(d.Payload), WebhookID: d.WebhookID, URL: d.URL,
		Signature: validSignature, Redelivery: d.Redelivery, State: d.State, Created: d.Created, Sent: d.Sent,
		Status: d.StatusCode, ResponseBody: d.ResponseBody, Error: d.ErrorMessage, Body: d.Payload,
	}
}

// changedAfter returns the posts that changed later than a change.
func (r *record) changedAfter(change int) (changed []post) {
	for i := range r.posts {
		if r.posts[i].change > change {
			changed = append(changed, r.posts[i])
		}
	}
	return changed
}
