package asctest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

// TestPingAndRedelivery: a ping is posted and recorded; a delivery can be sent
// again once.
func TestPingAndRedelivery(t *testing.T) {
	t.Parallel()
	in := newInbox(t, 503)
	c := newCaller(t, asctest.WithApp(marketplaceApp))
	id := c.createWebhook(in.URL, buildUploads)

	c.ping(id)
	failed := c.wait().server.Deliveries(id)
	if len(failed) != 1 || failed[0].State != "FAILED" || failed[0].StatusCode != http.StatusServiceUnavailable ||
		failed[0].ResponseBody != "received" ||
		!failed[0].Ping || failed[0].Redelivery || failed[0].Sent.IsZero() {
		t.Fatalf("got %+v", failed)
	}
	n, err := notification.Decode([]byte(in.received()[0]))
	if err != nil || n.ID != failed[0].EventID || n.Type != "webhookPingCreated" {
		t.Errorf("received %+v, %v", n, err)
	}

	in.respond(200)
	again := c.expect(201, "", "POST", "/v1/webhookDeliveries", redeliver(failed[0].ID))
	if !strings.Contains(again.body, `"deliveryState":"PENDING","redelivery":true`) {
		t.Errorf("got %s", again.body)
	}
	second := c.wait().server.Deliveries(id)[1]
	if second.ID != again.id() || second.State != "SUCCEEDED" || !second.Redelivery || second.EventID != n.ID {
		t.Errorf("got %+v", second)
	}
	if got := in.received(); len(got) != 2 || got[1] != got[0] {
		t.Errorf("received %q, want the same twice", got)
	}
	c.expect(409, "STATE_ERROR", "POST", "/v1/webhookDeliveries", redeliver(failed[0].ID))
	c.expect(201, "", "POST", "/v1/webhookDeliveries", redeliver(second.ID)) // a delivery of its own

	c.wait().expect(200, "", "PATCH", "/v1/webhooks/"+id, update(id, `{"enabled":false}`))
	c.ping(id)
	if got := len(c.wait().server.Deliveries(id)); got != 3 {
		t.Errorf("%d deliveries: a disabled webhook is not pinged", got)
	}
	c.expect(204, "", "DELETE", "/v1/webhooks/"+id, "")
	c.expect(409, "STATE_ERROR", "POST", "/v1/webhookDeliveries", redeliver(c.server.Deliveries(id)[2].ID))
}

// TestNobodyIsThere: what can't be posted has failed, and says why.
func TestNobodyIsThere(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.WithApp(marketplaceApp), asctest.Settings{LooseListing: true})
	id := c.createWebhook("http://127.0.0.1:1/n", buildUploads)
	c.ping(id)
	got := c.wait().expect(200, "", "GET", deliveries(id), "")
	if !strings.Contains(got.body, `"deliveryState":"FAILED","errorMessage":"The receiver could not be reached."`) ||
		strings.Contains(got.body, `"response"`) {
		t.Errorf("got %s", got.body)
	}
	if status, err := c.server.Notify(t.Context(), buildUploaded); status != 0 || err == nil {
		t.Errorf("notify: %d, %v", status, err)
	}
}

// TestListOfDeliveries: filters, and events by include.
func TestListOfDeliveries(t *testing.T) {
	t.Parallel()
	in := newInbox(t, 200)
	c := newCaller(t, asctest.WithApp(marketplaceApp), asctest.Settings{LooseListing: true})
	id := c.createWebhook(in.URL, buildUploads)
	deliver := func(status int) string {
		in.respond(status)
		if _, err := c.server.Notify(t.Context(), buildUploaded); err != nil {
			t.Fatal(err)
		}
		sent := c.server.Deliveries(id)
		return sent[len(sent)-1].ID
	}
	succeeded, failed := deliver(200), deliver(500)
	now := time.Now()
	at := func(name string, d time.Duration) string {
		return "filter[createdDate" + name + "]=" + url.QueryEscape(now.Add(d).Format(time.RFC3339))
	}
	for query, want := range map[string][]string{
		"":                                           {failed, succeeded},
		"filter[deliveryState]=FAILED":               {failed},
		"filter[deliveryState]=FAILED,SUCCEEDED":     {failed, succeeded},
		"filter[deliveryState]=PENDING":              nil,
		at("GreaterThanOrEqualTo", -time.Minute):     {failed, succeeded},
		at("GreaterThanOrEqualTo", time.Minute):      nil,
		at("LessThan", time.Minute):                  {failed, succeeded},
		at("LessThan", -time.Minute):                 nil,
		at("LessThan", time.Minute) + "&limit=1":     {failed},
		"cursor=1":                                   {succeeded},
		at("GreaterThanOrEqualTo", -30*24*time.Hour): {failed, succeeded},
	} {
		got := c.expect(200, "", "GET", deliveries(id)+"?"+query, "")
		if !slices.Equal(got.ids(), want) {
			t.Errorf("%s: got %v, want %v", query, got.ids(), want)
		}
	}
	today := c.expect(400, "PARAMETER_ERROR.INVALID", "GET", deliveries(id)+"?filter[createdDateLessThan]=today", "")
	if got := today.json.Errors[0].Source.Parameter; got != "filter[createdDateLessThan]" {
		t.Errorf("the parameter is %q", got)
	}
	other := c.createWebhook(in.URL, buildUploads) // has no deliveries to compare with
	c.expect(400, "PARAMETER_ERROR.INVALID", "GET", deliveries(other)+"?filter[createdDateLessThan]=today", "")

	got := c.expect(200, "", "GET", deliveries(id)+"?include=event&limit=1", "")
	var list struct {
		Included []struct {
			ID         string
			Attributes struct {
				EventType, Payload string
				Ping               bool
			}
		}
	}
	if err := json.Unmarshal([]byte(got.body), &list); err != nil || len(list.Included) != 1 {
		t.Fatalf("%v: %s", err, got.body)
	}
	event := list.Included[0]
	received := in.received()
	if event.Attributes.Payload != received[1] || event.Attributes.EventType != buildUploads || event.Attributes.Ping {
		t.Errorf("got %+v", event)
	}
}

// TestLiveListing: the rules that were seen live, and are not in the document.
func TestLiveListing(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.WithApp(marketplaceApp))
	path := deliveries(c.createWebhook("https://marketplace.example/n", buildUploads)) + "?filter[createdDateGreaterThanOrEqualTo]="
	day := 24 * time.Hour
	ago := func(d time.Duration) string { return url.QueryEscape(time.Now().Add(-d).Format(time.RFC3339)) }
	c.expect(200, "", "GET", path+ago(9*day), "")
	c.expect(400, "PARAMETER_ERROR.INVALID", "GET", path+ago(11*day), "")
	c.expect(400, "PARAMETER_ERROR.INVALID", "GET", strings.TrimRight(path, "=")+"=", "")
	c.expect(400, "PARAMETER_ERROR.INVALID", "GET", path[:strings.Index(path, "?")], "")
	c.expect(400, "PARAMETER_ERROR.ILLEGAL", "GET", path+ago(day)+"&filter[deliveryState]=FAILED", "")
	c.expect(400, "PARAMETER_ERROR.ILLEGAL", "GET", path+ago(day)+"&filter[createdDateLessThan]="+ago(0), "")
}

// TestListLag: a delivery appears in the list some time after its creation.
func TestListLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t, asctest.WithApp(marketplaceApp), asctest.Settings{ListLag: time.Minute, DeliveryTransport: nowhere{}})
		c := newCallerOf(t, server)
		id := c.createWebhook("https://marketplace.example/n", buildUploads)
		c.ping(id)
		since := "?filter[createdDateGreaterThanOrEqualTo]=" + url.QueryEscape(time.Now().Add(-time.Hour).Format(time.RFC3339))
		if got := c.expect(200, "", "GET", deliveries(id)+since, ""); !strings.Contains(got.body, `"data":[]`) {
			t.Errorf("at once: %s", got.body)
		}
		time.Sleep(time.Minute)
		if got := c.expect(200, "", "GET", deliveries(id)+since, ""); strings.Contains(got.body, `"data":[]`) {
			t.Errorf("after a minute: %s", got.body)
		}
	})
}

// nowhere reaches no receiver.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connection refused")
}

// TestSlowReceiver: a delivery is PENDING until the response, and has failed
// after ten seconds without. The receiver is reached over pipes, so that the
// test needs none of the time that it tells of.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		receiver := newPipes(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body) // only then does a server notice that the client left
			select {
			case <-time.After(time.Hour):
			case <-r.Context().Done():
			}
		}))
		c := pipeCaller(t, asctest.WithApp(marketplaceApp), asctest.Settings{DeliveryTransport: receiver})
		id := c.createWebhook("http://localhost/n", buildUploads)
		c.ping(id)
		states := func() (states []string) {
			for _, d := range c.server.Deliveries(id) {
				states = append(states, d.State+" "+d.ErrorMessage)
			}
			return states
		}
		time.Sleep(9 * time.Second)
		if got := states(); !slices.Equal(got, []string{"PENDING "}) {
			t.Errorf("after 9 s: %q", got)
		}
		c.expect(409, "STATE_ERROR", "POST", "/v1/webhookDeliveries", redeliver(c.server.Deliveries(id)[0].ID))
		time.Sleep(2 * time.Second)
		if got := states(); !slices.Equal(got, []string{"FAILED The receiver did not respond in time."}) {
			t.Errorf("after 11 s: %q", got)
		}

		c.ping(id)
		start := time.Now()
		if err := c.server.Close(); err != nil || time.Since(start) != 0 {
			t.Errorf("Close took %v, %v", time.Since(start), err)
		}
		c.ping(id)
		if got := c.server.Deliveries(id); len(got) != 3 || got[1].State != "FAILED" || got[2].State != "PENDING" {
			t.Errorf("after Close: %+v", got)
		}
	})
}

// newPipes serves h on in-memory connections, to which the transport leads.
func newPipes(t *testing.T, h http.Handler) *http.Transport {
	t.Helper()
	l, dial := asctest.NewPipes()
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(l) }()
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	t.Cleanup(func() { _ = server.Close(); <-served })
	return transport
}

var beginsWithoutID = regexp.MustCompile(`^{"data":\[?{"type":"\w+",("attributes"|"links")`)

// TestFaultsOfTheNewOperations: each kind, on a call without effect; the one
// after it succeeds.
func TestFaultsOfTheNewOperations(t *testing.T) {
	t.Parallel()
	in := newInbox(t, 200)
	c := newCaller(t, asctest.WithApp(marketplaceApp), asctest.Settings{LooseListing: true},
		asctest.PackageVersion{PackageFile: asctest.PackageFile{ID: "v"}, PackageID: "p", Version: "1"})
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.client.Transport = asctest.Transport(t, c.client.Transport)
	id := c.createWebhook(in.URL, buildUploads)
	c.ping(id)
	delivery := c.wait().server.Deliveries(id)[0].ID
	const version = "v"
	for operation, call := range map[asctest.Operation][3]string{
		asctest.WebhooksList:       {"GET", "/v1/apps/" + marketplaceApp + "/webhooks"},
		asctest.WebhooksGet:        {"GET", "/v1/webhooks/" + id},
		asctest.WebhooksCreate:     {"POST", "/v1/webhooks", createWebhookBody(marketplaceApp, in.URL, buildUploads)},
		asctest.WebhooksUpdate:     {"PATCH", "/v1/webhooks/" + id, update(id, `{"name":"new"}`)},
		asctest.WebhooksPing:       {"POST", "/v1/webhookPings", pingBody(id)},
		asctest.WebhooksDeliveries: {"GET", deliveries(id)},
		asctest.WebhooksRedeliver:  {"POST", "/v1/webhookDeliveries", redeliver(delivery)},
		asctest.PackageVersionsGet: {"GET", "/v1/alternativeDistributionPackageVersions/" + version},
	} {
		for _, kind := range asctest.FaultKinds() {
			switch kind {
			case asctest.FaultLate, asctest.FaultLateBody: // take effect
				continue
			case asctest.FaultEndlessBody, asctest.FaultGzipBomb: // slow, and the same for all operations
				continue
			}
			c.server.FailNext(asctest.Fault{Kind: kind, Operation: operation})
			status, _, body, err := c.fetch(call[0], call[1], call[2])
			if kind == asctest.FaultNoID && !beginsWithoutID.MatchString(body) {
				t.Errorf("%s: %s", operation, body)
			}
			if status == 0 && err == nil {
				t.Errorf("%s %s: no status", operation, kind)
			}
		}
	}
	if got := fmt.Sprint(len(c.server.State().Webhooks), len(c.server.Deliveries("")), c.server.State().Webhooks[0].Name); got != "1 1n" {
		t.Errorf("a fault took effect: %s", got)
	}
	c.expect(201, "", "POST", "/v1/webhookDeliveries", redeliver(delivery))
	last := c.server.Exchanges()[len(c.server.Exchanges())-1]
	if last.Operation != asctest.WebhooksRedeliver || last.Status != 201 {
		t.Errorf("recorded %+v", last)
	}
}
