package sandbox

import (
	"strconv"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// TestForgottenDeliveriesStayForgotten: the fake still has deliveries that are
// gone from the record, since the record also has what the fake did not post.
func TestForgottenDeliveriesStayForgotten(t *testing.T) {
	var r record
	at := time.Now()
	deliveries := []asctest.Delivery{{ID: "first", Created: at}, {ID: "second", Created: at.Add(1)}}
	r.follow(deliveries)
	for i := range maxPosts - 1 {
		r.set(post{ID: strconv.Itoa(i), Created: at.Add(2)})
	}
	changes := r.changes
	r.follow(deliveries)
	if r.changes != changes || len(r.posts) != maxPosts || r.posts[0].ID != "second" {
		t.Errorf("%d changes, %d posts, the oldest is %s", r.changes-changes, len(r.posts), r.posts[0].ID)
	}
	deliveries[1].State = succeeded
	r.follow(append(deliveries, asctest.Delivery{ID: "third", Created: at.Add(3)}))
	if second, there := r.get("second"); there {
		t.Errorf("the oldest was not forgotten: %v", second)
	}
	if _, there := r.get("third"); !there || r.changes != changes+2 {
		t.Errorf("%d changes, the third is there: %v", r.changes-changes, there)
	}
}

// TestTheRecordIsBoundedInBytes as that of the fake is.
func TestTheRecordIsBoundedInBytes(t *testing.T) {
	var r record
	for i := range 100 {
		r.set(post{ID: strconv.Itoa(i), Body: make([]byte, 1<<20)})
	}
	r.set(post{ID: "99", Body: make([]byte, 1<<20), State: succeeded})
	if len(r.posts) != maxPostBytes>>20 || len(r.index) != len(r.posts) || r.bytes != maxPostBytes {
		t.Errorf("%d posts of 1 MiB are kept, %d in the index, %d bytes", len(r.posts), len(r.index), r.bytes)
	}
	if last, there := r.get("99"); !there || last.State != succeeded {
		t.Errorf("the latest is %v", last)
	}
}
