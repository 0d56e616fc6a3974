package asctest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

const (
	marketplaceApp = "6477361842"
	buildUploads   = "BUILD_UPLOAD_STATE_UPDATED"
)

// inbox is a receiver of webhooks that keeps what was posted to it and responds
// as it is told.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	bodies []string
}

func newInbox(t *testing.T, status int) *inbox {
	in := &inbox{status: status}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		signed := r.Header.Get(notification.SignatureHeader) == notification.Sign([]byte("canary-5ecret"), body)
		in.mu.Lock()
		defer in.mu.Unlock()
		if !signed {
			t.Error("received something that is not signed with the webhook's secret")
		}
		in.bodies = append(in.bodies, string(body))
		w.WriteHeader(in.status)
		_, _ = w.Write([]byte("received"))
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) respond(status int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.status = status
}

func (in *inbox) received() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.bodies)
}

func createWebhookBody(app, url string, eventTypes ...string) string {
	types, _ := json.Marshal(eventTypes)
	return fmt.Sprintf(`{"data":{"type":"webhooks","attributes":{"enabled":true,"eventTypes":%s,"name":"n","secret":"canary-5ecret",`+
		`"url":%q},"relationships":{"app":{"data":{"type":"apps","id":%q}}}}}`, types, url, app)
}

// createWebhook registers a webhook of marketplaceApp and returns its id.
func (c *caller) createWebhook(url string, eventTypes ...string) string {
	c.t.Helper()
	got := c.call("POST", "/v1/webhooks", createWebhookBody(marketplaceApp, url, eventTypes...))
	if got.StatusCode != http.StatusCreated {
		c.t.Fatalf("create: %d %s", got.StatusCode, got.body)
	}
	return got.id()
}

func (r reply) id() string {
	var one struct{ ID string }
	_ = json.Unmarshal(r.json.Data, &one)
	return one.ID
}

// ids are those of a list.
func (r reply) ids() (ids []string) {
	var list []struct{ ID string }
	_ = json.Unmarshal(r.json.Data, &list)
	for _, one := range list {
		ids = append(ids, one.ID)
	}
	return ids
}

func relating(kind, name, relatedKind, id string) string {
	return fmt.Sprintf(`{"data":{"type":%q,"relationships":{%q:{"data":{"type":%q,"id":%q}}}}}`, kind, name, relatedKind, id)
}

func pingBody(id string) string { return relating("webhookPings", "webhook", "webhooks", id) }

func redeliver(id string) string {
	return relating("webhookDeliveries", "template", "webhookDeliveries", id)
}

func update(id, a string) string {
	return `{"data":{"type":"webhooks","id":"` + id + `","attributes":` + a + `}}`
}

func (c *caller) ping(id string) {
	c.t.Helper()
	c.expect(201, "", "POST", "/v1/webhookPings", pingBody(id))
}

func (c *caller) wait() *caller { c.server.Wait(); return c }

func deliveries(id string) string { return "/v1/webhooks/" + id + "/deliveries" }

// expect makes a call and checks its status and, of a refusal, its code.
func (c *caller) expect(status int, code, method, path, body string) reply {
	c.t.Helper()
	got := c.call(method, path, body)
	gotCode := ""
	if len(got.json.Errors) > 0 {
		gotCode = got.json.Errors[0].Code
	}
	if got.StatusCode != status || gotCode != code {
		c.t.Errorf("%s %s: got %d %s, want %d %s\n%s", method, path, got.StatusCode, gotCode, status, code, got.body)
	}
	return got
}

func TestLifeOfAnAppsWebhook(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.WithApp(marketplaceApp))
	id := c.createWebhook("https://marketplace.example/n", buildUploads)

	got := c.expect(200, "", "GET", "/v1/webhooks/"+id+"?include=app", "")
	self := c.server.URL + "/v1/webhooks/" + id
	app := `{"type":"apps","id":"` + marketplaceApp + `"`
	want := `{"data":{"type":"webhooks","id":"` + id + `","attributes":{"enabled":true,"eventTypes":["` + buildUploads + `"],` +
		`"name":"n","url":"https://marketplace.example/n"},"relationships":{"app":{"data":` + app + `}},` +
		`"deliveries":{"links":{"related":"` + self + `/deliveries"}}},"links":{"self":"` + self + `"}},` +
		`"included":[` + app + `,"relationships":{"webhooks":{"links":{"related":"` + c.server.URL + `/v1/apps/` + marketplaceApp +
		`/webhooks"}}},"links":{"self":"` + c.server.URL + `/v1/apps/` + marketplaceApp + `"}}],"links":{"self":"` + self + `"}}`
	if got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}

	c.expect(200, "", "PATCH", "/v1/webhooks/"+id, update(id, `{"name":"other","url":null,"secret":null,"eventTypes":null,"enabled":null}`))
	c.expect(200, "", "PATCH", "/v1/webhooks/"+id, update(id, `{"enabled":false}`))
	after := asctest.Webhook{
		ID: id, AppID: marketplaceApp, Name: "other", URL: "https://marketplace.example/n", Secret: "canary-5ecret",
		EventTypes: []string{buildUploads},
	}
	if got, want := fmt.Sprint(c.server.State().Webhooks), fmt.Sprint([]asctest.Webhook{after}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	c.expect(409, "ENTITY_ERROR", "PATCH", "/v1/webhooks/"+id, update("7", `{}`))
	c.expect(204, "", "DELETE", "/v1/webhooks/"+id, "")
	c.expect(404, "NOT_FOUND", "DELETE", "/v1/webhooks/"+id, "")
	c.expect(404, "NOT_FOUND", "GET", "/v1/webhooks/"+id, "")
	c.expect(404, "NOT_FOUND", "PATCH", "/v1/webhooks/"+id, update(id, `{}`))
	c.expect(404, "NOT_FOUND", "GET", deliveries(id), "")
	c.expect(409, "ENTITY_ERROR.RELATIONSHIP.INVALID", "POST", "/v1/webhookPings", pingBody(id))
	c.expect(409, "ENTITY_ERROR.RELATIONSHIP.INVALID", "POST", "/v1/webhookDeliveries", redeliver(id))
}

func TestWebhooksThatAreRefused(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.WithApp(marketplaceApp))
	const url = "https://marketplace.example/n"
	refused := func(status int, code, body string) reply {
		t.Helper()
		return c.expect(status, code, "POST", "/v1/webhooks", body)
	}
	refused(409, "ENTITY_ERROR.RELATIONSHIP.INVALID", createWebhookBody("999", url, buildUploads))
	camel := refused(409, "ENTITY_ERROR.ATTRIBUTE.TYPE", createWebhookBody(marketplaceApp, url, "buildUploadStateUpdated"))
	if !strings.Contains(camel.body, buildUploads) {
		t.Errorf("the valid event types are not listed: %s", camel.body)
	}
	complete := createWebhookBody(marketplaceApp, url, buildUploads)
	refused(409, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", strings.Replace(complete, `"name":"n",`, "", 1))
	refused(409, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", strings.Replace(complete, `"name":"n"`, `"name":null`, 1))
	refused(422, "ENTITY_UNPROCESSABLE", strings.Replace(complete, `,"relationships":{"app":{"data":{"type":"apps","id":"`+
		marketplaceApp+`"}}}`, "", 1))
	c.expect(404, "NOT_FOUND", "GET", "/v1/apps/999/webhooks", "")
	list := c.expect(403, "FORBIDDEN_ERROR", "GET", "/v1/webhooks", "")
	want := "does not allow 'GET_COLLECTION'. Allowed operations are: CREATE, DELETE, GET_INSTANCE, UPDATE"
	if got := list.json.Errors[0].Detail; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := c.server.State().Webhooks; len(got) != 0 {
		t.Errorf("registered %v", got)
	}
	for range 10 {
		c.createWebhook(url, buildUploads)
	}
	refused(409, "STATE_ERROR", complete)
	if got := c.expect(200, "", "GET", "/v1/apps/"+marketplaceApp+"/webhooks", "").ids(); len(got) != 10 {
		t.Errorf("%d webhooks", len(got))
	}
}

// TestListIsPaged: links.next leads to the host that was called, or on demand to another, as Apple's were seen to.
func TestListIsPaged(t *testing.T) {
	t.Parallel()
	testPaging(t, newCaller(t, asctest.WithApp(marketplaceApp)), func(c *caller) string { return c.server.URL })
	appleLinks := asctest.Settings{AppleLinks: true}
	testPaging(t, newCaller(t, asctest.WithApp(marketplaceApp), appleLinks), func(*caller) string { return "https://api-appstoreconnect." })
}

func testPaging(t *testing.T, c *caller, host func(*caller) string) {
	t.Helper()
	var want, got []string
	for range 5 {
		want = append(want, c.createWebhook("https://marketplace.example/n", buildUploads))
	}
	query := "limit=2"
	for range 3 {
		page := c.expect(200, "", "GET", "/v1/apps/"+marketplaceApp+"/webhooks?"+query, "")
		got = append(got, page.ids()...)
		var links struct{ Links struct{ Next string } }
		_ = json.Unmarshal([]byte(page.body), &links)
		if next := links.Links.Next; next != "" && !strings.HasPrefix(next, host(c)) {
			t.Errorf("next is %s", next)
		}
		_, query, _ = strings.Cut(links.Links.Next, "?")
	}
	if query != "" || !slices.Equal(got, want) {
		t.Errorf("got %v, then %q; want %v", got, query, want)
	}
	c.expect(400, "PARAMETER_ERROR.INVALID", "GET", "/v1/apps/"+marketplaceApp+"/webhooks?cursor=6", "")
	c.expect(400, "PARAMETER_ERROR.ILLEGAL", "GET", "/v1/webhooks/1?cursor=1", "")
}

var (
	buildUploaded  = &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: "b", New: "COMPLETE"}}
	versionCreated = &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: marketplaceApp, AppID: "6478123456", PackageVersionID: "v",
	}
)

// TestNotifyPostsSideBySide: a receiver that doesn't respond holds up no other.
func TestNotifyPostsSideBySide(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-arrived }))
	defer slow.Close()
	fast := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		w.WriteHeader(http.StatusTeapot)
	}))
	defer fast.Close()
	webhook := func(id, url string) asctest.Option {
		return asctest.Webhook{ID: id, AppID: "1", URL: url, Secret: "canary-5ecret", EventTypes: []string{buildUploads}, Enabled: true}
	}
	server := asctest.NewServer(t, webhook("a", slow.URL), webhook("b", fast.URL))
	if status, err := server.Notify(t.Context(), buildUploaded); status != http.StatusTeapot || err != nil {
		t.Errorf("%d, %v: not the first that is no success", status, err)
	}
	if d := server.Deliveries(""); len(d) != 2 || d[0].WebhookID != "a" || d[0].Number != 1 || d[1].Number != 2 {
		t.Errorf("recorded %+v", d)
	}
}

// TestNotifyReachesWhoSubscribes: of the app that the event names, or else of
// the only app; enabled, and subscribed to the event.
func TestNotifyReachesWhoSubscribes(t *testing.T) {
	t.Parallel()
	in := newInbox(t, 200)
	const versions = "ALTERNATIVE_DISTRIBUTION_PACKAGE_VERSION_CREATED"
	webhook := func(name, app string, enabled bool, eventTypes ...string) asctest.Option {
		return asctest.Webhook{
			ID: name, AppID: app, URL: in.URL, Secret: "canary-5ecret", EventTypes: eventTypes, Enabled: enabled,
		}
	}
	server := asctest.NewServer(t,
		webhook("both", marketplaceApp, true, buildUploads, versions), webhook("versions", marketplaceApp, true, versions),
		webhook("builds", marketplaceApp, true, buildUploads), webhook("disabled", marketplaceApp, false, versions))
	reached := func(event notification.Event, want ...string) {
		t.Helper()
		before := len(server.Deliveries(""))
		if status, err := server.Notify(t.Context(), event); status != 200 || err != nil {
			t.Errorf("%d, %v", status, err)
		}
		var got []string
		for _, d := range server.Deliveries("")[before:] {
			got = append(got, d.WebhookID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("reached %v, want %v", got, want)
		}
	}
	reached(versionCreated, "both", "versions")
	reached(buildUploaded, "both", "builds")

	_ = server.Update(func(s *asctest.State) { s.Apps = append(s.Apps, "7") })
	if _, err := server.Notify(t.Context(), buildUploaded); err == nil ||
		!strings.Contains(err.Error(), "must be one of the apps: 6477361842, 7") {
		t.Errorf("an event that names no app, of two apps: %v", err)
	}
	for app, want := range map[string]string{"7": "no enabled webhook of the app 7", "8": "must be one of the apps"} {
		if got, err := server.Sign(app, notification.New(buildUploaded)); got != nil || err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v; want %s", got, err, want)
		}
	}
	_ = server.Update(func(s *asctest.State) {
		s.Webhooks = slices.DeleteFunc(s.Webhooks, func(w asctest.Webhook) bool { return w.ID == "both" || w.ID == "versions" })
	})
	if _, err := server.Notify(t.Context(), versionCreated); err == nil || !strings.Contains(err.Error(), versions) {
		t.Errorf("nobody subscribes: %v", err)
	}
	in.respond(503)
	signed, err := server.Sign(marketplaceApp, notification.New(buildUploaded))
	if err != nil || len(signed) != 1 {
		t.Fatalf("signed for %d, %v", len(signed), err)
	}
	if sent, err := signed[0].Send(t.Context()); err != nil || sent.State != "FAILED" ||
		sent.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %+v, %v", sent, err)
	}
}
