package asctest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

func TestExchangesAreBounded(t *testing.T) {
	t.Parallel()
	small, large := new(record), new(record)
	for range maxRecorded + 7 {
		small.addExchange(Exchange{Method: "GET"})
	}
	if got := small.exchanges.items; len(got) != maxRecorded || got[0].ID != 8 {
		t.Errorf("%d small exchanges are kept, from %d", len(got), got[0].ID)
	}
	for range 200 {
		large.addExchange(Exchange{Body: make([]byte, maxBody)})
	}
	if got := len(large.exchanges.items); got != maxRecordedBytes/maxBody {
		t.Errorf("%d exchanges of 1 MiB are kept, want %d", got, maxRecordedBytes/maxBody)
	}
}

func TestDeliveriesAreBounded(t *testing.T) {
	t.Parallel()
	small, large := new(record), new(record)
	for i := range maxRecorded + 7 {
		small.addDelivery(Delivery{ID: strconv.Itoa(i)})
	}
	if got := small.deliveries.items; len(got) != maxRecorded || got[0].ID != "7" {
		t.Errorf("%d small deliveries are kept, from %s", len(got), got[0].ID)
	}
	first := large.addDelivery(Delivery{ID: "0"})
	for i := range 100 {
		large.addDelivery(Delivery{ID: strconv.Itoa(i), Payload: make([]byte, maxBody-maxResponseKept)})
	}
	if got := len(large.deliveries.items); got != maxRecordedBytes/maxBody {
		t.Errorf("%d deliveries of 1 MiB are kept, want %d", got, maxRecordedBytes/maxBody)
	}
	large.finish(first, Delivery{ID: "0", State: succeeded})
	if got := large.deliveries.items[0].ID; got == "0" {
		t.Error("a forgotten delivery has come back")
	}
	large.addDelivery(Delivery{ID: "huge", Payload: make([]byte, maxRecordedBytes)})
	if got := large.deliveries.items; len(got) != 1 || got[0].ID != "huge" {
		t.Errorf("%d deliveries are kept, want the latest", len(got))
	}
}

// TestEveryNewDeliveryCounts: a ping, a redelivery and a notification each push out the oldest.
func TestEveryNewDeliveryCounts(t *testing.T) {
	t.Parallel()
	h := quiet(t, Webhook{ID: "w", AppID: "1", URL: "http://127.0.0.1:1", Enabled: true})
	d := newDelivery(Webhook{ID: "w", URL: "http://127.0.0.1:1"}, pingPayload("e", time.Now()), time.Now())
	d.State = failed
	for i := range maxRecorded {
		d.ID = strconv.Itoa(i)
		h.record.addDelivery(d)
	}
	oldestIs := func(want string) {
		t.Helper()
		h.Wait()
		if got := h.Deliveries("w"); len(got) != maxRecorded || got[0].ID != want {
			t.Errorf("%d are kept, the oldest is %s, want %s", len(got), got[0].ID, want)
		}
	}
	const one = `{"data":{"type":"%s","relationships":{"%s":{"data":{"type":"%s","id":"%s"}}}}}`
	ask(t, h, "POST", "/v1/webhookPings", fmt.Sprintf(one, "webhookPings", "webhook", "webhooks", "w"))
	oldestIs("1")
	ask(t, h, "POST", "/v1/webhookDeliveries", fmt.Sprintf(one, "webhookDeliveries", "template", "webhookDeliveries", "5000"))
	oldestIs("2")
	if _, err := h.Notify(t.Context(), &notification.WebhookPingCreated{}); err == nil {
		t.Error("nothing listens there")
	}
	oldestIs("3")
}

// TestSinceTellsWhatIsNew, each once, and wakes whoever waits.
func TestSinceTellsWhatIsNew(t *testing.T) {
	t.Parallel()
	r := new(record)
	r.addExchange(Exchange{})
	first := r.since(0)
	a := r.addDelivery(Delivery{ID: "a", State: pending})
	select {
	case <-first.More:
	default:
		t.Error("nobody was woken")
	}
	r.addDelivery(Delivery{ID: "b", State: pending})
	r.addExchange(Exchange{})
	r.finish(a, Delivery{ID: "a", State: succeeded})
	next := r.since(first.Number)
	if len(first.Exchanges) != 1 || len(next.Exchanges) != 1 || next.Exchanges[0].ID != 2 {
		t.Errorf("exchanges %v, then %v", first.Exchanges, next.Exchanges)
	}
	if d := next.Deliveries; len(d) != 2 || d[0].ID != "b" || d[1].State != succeeded {
		t.Errorf("deliveries %v", next.Deliveries)
	}
	r.reset()
	if last := r.since(next.Number); last.Resets != 1 || len(last.Exchanges)+len(last.Deliveries) > 0 {
		t.Errorf("after a reset: %+v", last)
	}
	r.addExchange(Exchange{})
	if got := r.exchanges.items[0].ID; got != 3 {
		t.Errorf("the exchange after a reset has the ID %d", got)
	}
}

// TestNoCallGoesThroughTheHistory: of ten thousand deliveries, recording another one reads only those at the ends, and
// copies none.
func TestNoCallGoesThroughTheHistory(t *testing.T) {
	r, now := new(record), time.Now()
	call := func() {
		now = now.Add(time.Second)
		r.addExchange(Exchange{})
		d := Delivery{ID: newUUID(), WebhookID: "w", Created: now, listed: true}
		r.finish(r.addDelivery(d), d)
	}
	for range 2 * maxRecorded {
		call()
	}
	const calls = 1000
	clear(r.deliveries.items[2*calls : maxRecorded-calls]) // so that reading one panics
	clear(r.index.listed["w"][2*calls : maxRecorded-calls])
	for i := 4 * calls; i < 2*(maxRecorded-calls); i++ {
		r.index.log[i].delivery = nil
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		call()
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / calls; each > 16<<10 {
		t.Errorf("a call allocates %d bytes", each)
	}
}

// TestDeliveriesAreListedByTheirTime: the latest that are remembered, even if the clock went back.
func TestDeliveriesAreListedByTheirTime(t *testing.T) {
	r, begin := new(record), time.Now().Truncate(time.Millisecond)
	add := func(seconds int) {
		d := Delivery{ID: newUUID(), WebhookID: "w", Created: begin.Add(time.Duration(seconds) * time.Second), listed: true}
		r.finish(r.addDelivery(d), d)
	}
	listed := func(from, until int) (seconds []int) {
		at := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Second) }
		for _, d := range r.index.between("w", at(from), at(until)) {
			seconds = append(seconds, int(d.Created.Sub(begin).Seconds()))
		}
		return seconds
	}
	for _, seconds := range []int{10, 20, 5, 30, 20, 1} {
		add(seconds)
	}
	forgotten := r.deliveries.items[0]
	if got := listed(5, 20); !slices.Equal(got, []int{5, 10, 20, 20}) {
		t.Errorf("listed %v", got)
	}
	for i := range maxRecorded - 3 { // the three that were added first are forgotten
		add(100 + i)
	}
	if got := listed(0, 30); !slices.Equal(got, []int{1, 20, 30}) {
		t.Errorf("listed %v", got)
	}
	seen := r.since(0).Number
	r.finish(forgotten, Delivery{ID: forgotten.ID})
	if got := r.since(seen).Deliveries; len(got) > 0 {
		t.Errorf("a delivery that was forgotten comes back: %+v", got)
	}
	if len(r.index.byID) != maxRecorded || len(r.index.listed["w"]) != maxRecorded || len(r.index.log) > 2*maxRecorded {
		t.Errorf("the index has %d, %d and %d", len(r.index.byID), len(r.index.listed["w"]), len(r.index.log))
	}
}

// TestEveryPostIsRecorded: to both kinds of webhooks, genuine, forged, and with the secret before.
func TestEveryPostIsRecorded(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the disk is full", http.StatusInsufficientStorage)
	}))
	defer receiver.Close()
	h := quiet(t, Settings{LooseListing: true}, MarketplaceWebhook{ID: "m", EndpointURL: receiver.URL, Secret: "first"},
		Webhook{ID: "w", AppID: "1", URL: receiver.URL, Secret: "first", Enabled: true})
	err := h.Update(func(s *State) { s.MarketplaceWebhook.Secret, s.Webhooks[0].Secret = "second", "second" })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, event := range []notification.Event{
		&notification.AppUnavailable{MarketplaceAppID: "1", AppID: "2"}, &notification.WebhookPingCreated{},
	} {
		signed, err := h.Sign("", notification.New(event))
		if err != nil || len(signed) != 1 {
			t.Fatal(signed, err)
		}
		for _, n := range []SignedNotification{signed[0], signed[0].SignedWith("first"), signed[0].Forged()} {
			if d, err := n.Send(t.Context()); d.State != failed || err != nil {
				t.Errorf("sent: %+v, %v", d, err)
			}
		}
	}
	for _, d := range h.Deliveries("") {
		got = append(got, fmt.Sprintf("%s %q %s %d %s", d.WebhookID, d.EventType, d.SignedWith, d.StatusCode, d.ResponseBody))
		if d.Signature == "" || d.Sent.IsZero() || len(d.Payload) == 0 || d.URL != receiver.URL {
			t.Errorf("recorded %+v", d)
		}
	}
	const full = " 507 the disk is full\n "
	want := `m "AppUnavailable" valid` + full + `m "AppUnavailable" old_secret` + full + `m "AppUnavailable" forged` + full +
		`w "" valid` + full + `w "" old_secret` + full + `w "" forged` + full
	if strings.Join(got, " ")+" " != want {
		t.Errorf("recorded\n%q\nwant\n%q", got, want)
	}
	for name, body := range map[string]string{
		"a type that the document does not have": `{"data":{"type":"tomorrow","id":"t","version":1}}`,
		"no id":                                  `{"data":{"type":"buildUploadStateUpdated"}}`,
	} {
		if signed, err := h.SignBytes("w", []byte(body)); err != nil {
			t.Error(err)
		} else if d, err := signed[0].Send(t.Context()); d.SignedWith != valid || err != nil {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	forgery := h.Deliveries("w")[2].ID
	body := `{"data":{"type":"webhookDeliveries","relationships":{"template":{"data":{"type":"webhookDeliveries","id":"` + forgery + `"}}}}}`
	if got := ask(t, h, "POST", "/v1/webhookDeliveries", body).Code; got != http.StatusConflict {
		t.Errorf("a forgery is redelivered: %d", got)
	}
	listed := ask(t, h, "GET", "/v1/webhooks/w/deliveries", "").Body.String()
	if strings.Count(listed, `"type":"webhookDeliveries"`) != 1 {
		t.Errorf("the API lists what it has not sent: %s", listed)
	}
}
