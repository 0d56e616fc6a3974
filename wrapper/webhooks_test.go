package wrapper_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

const (
	appID     = "6446048195"
	webhookID = "a35a8a4e-8fbb-4f7c-8b4a-2d2a4b0a2d0e"
)

// sentRequest is what reached the transport.
type sentRequest struct{ Method, URL, Body string }

// scripted returns a client whose requests respond answers, and what was sent.
func scripted(
	t testing.TB, respond func(n int, sent sentRequest) (status int, body string), opts ...wrapper.Option,
) (*wrapper.Client, *[]sentRequest) {
	t.Helper()
	var all []sentRequest
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		var body []byte
		if req.Body != nil {
			body, _ = io.ReadAll(req.Body)
		}
		sent := sentRequest{req.Method, req.URL.String(), string(body)}
		all = append(all, sent)
		status, answer := respond(len(all), sent)
		header := http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}
		if status == http.StatusNoContent {
			header.Del("Content-Type")
		}
		return &http.Response{
			StatusCode: status, Header: header, Request: req, ContentLength: int64(len(answer)),
			Body: io.NopCloser(bytes.NewReader([]byte(answer))),
		}, nil
	})
	opts = append([]wrapper.Option{wrapper.WithHTTPClient(&http.Client{Transport: transport}), quick}, opts...)
	client, err := wrapper.NewClient(fixedToken("token"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client, &all
}

func always(status int, body string) func(int, sentRequest) (int, string) {
	return func(int, sentRequest) (int, string) { return status, body }
}

const (
	webhookResource = `{"type":"webhooks","id":"` + webhookID + `","attributes":{"enabled":true,` +
		`"eventTypes":["BUILD_UPLOAD_STATE_UPDATED","ADDED_LATER"],"name":"ours","url":"https://marketplace.example/n"},` +
		`"relationships":{"app":{"data":{"type":"apps","id":"` + appID + `"}}}}`
	oneWebhook = `{"data":` + webhookResource + `,"links":{"self":"https://api.example/"}}`
)

var webhookParams = wrapper.WebhookParams{
	Name: "ours", URL: "https://marketplace.example/n", Secret: wrapper.NewSecret("s & <s>"),
	EventTypes: []wrapper.EventType{wrapper.EventBuildUploadStateUpdated, "ADDED_LATER"},
}

// TestWebhookRequests: what each method sends, to the byte; an event type that
// has no constant is sent as it is.
func TestWebhookRequests(t *testing.T) {
	ctx := t.Context()
	for name, test := range map[string]struct {
		call   func(*wrapper.Webhooks) error
		status int
		answer string
		want   sentRequest
	}{
		"get": {
			func(s *wrapper.Webhooks) error { _, err := s.Get(ctx, webhookID); return err }, 200, oneWebhook,
			sentRequest{"GET", "/v1/webhooks/" + webhookID, ""},
		},
		"create": {
			func(s *wrapper.Webhooks) error { _, err := s.Create(ctx, appID, webhookParams); return err }, 201, oneWebhook,
			sentRequest{"POST", "/v1/webhooks", `{"data":{"attributes":{"enabled":true,` +
				`"eventTypes":["BUILD_UPLOAD_STATE_UPDATED","ADDED_LATER"],"name":"ours","secret":"s \u0026 \u003cs\u003e",` +
				`"url":"https://marketplace.example/n"},"relationships":{"app":{"data":{"id":"6446048195","type":"apps"}}},` +
				`"type":"webhooks"}}`},
		},
		"update of nothing": {
			func(s *wrapper.Webhooks) error {
				_, err := s.Update(ctx, webhookID, wrapper.WebhookParams{})
				return err
			}, 200, oneWebhook,
			sentRequest{"PATCH", "/v1/webhooks/" + webhookID, `{"data":{"id":"` + webhookID + `","type":"webhooks"}}`},
		},
		"disable": {
			func(s *wrapper.Webhooks) error {
				_, err := s.Update(ctx, webhookID, wrapper.WebhookParams{Enabled: new(false)})
				return err
			}, 200, oneWebhook,
			sentRequest{"PATCH", "/v1/webhooks/" + webhookID,
				`{"data":{"attributes":{"enabled":false},"id":"` + webhookID + `","type":"webhooks"}}`},
		},
		"delete": {
			func(s *wrapper.Webhooks) error { return s.Delete(ctx, webhookID) }, 204, "",
			sentRequest{"DELETE", "/v1/webhooks/" + webhookID, ""},
		},
		"ping": {
			func(s *wrapper.Webhooks) error { return s.Ping(ctx, webhookID) }, 201,
			`{"data":{"type":"webhookPings","id":"1"},"links":{"self":"https://api.example/"}}`,
			sentRequest{"POST", "/v1/webhookPings", `{"data":{"relationships":{"webhook":{"data":{"id":"` + webhookID +
				`","type":"webhooks"}}},"type":"webhookPings"}}`},
		},
		"redeliver": {
			func(s *wrapper.Webhooks) error { _, err := s.Redeliver(ctx, "d1"); return err }, 201,
			`{"data":{"type":"webhookDeliveries","id":"d2"},"links":{"self":"https://api.example/"}}`,
			sentRequest{"POST", "/v1/webhookDeliveries", `{"data":{"relationships":{"template":{"data":{"id":"d1",` +
				`"type":"webhookDeliveries"}}},"type":"webhookDeliveries"}}`},
		},
		"list": {
			func(s *wrapper.Webhooks) error {
				for _, err := range s.List(ctx, appID) {
					return err
				}
				return errors.New("nothing listed")
			}, 200, `{"data":[` + webhookResource + `],"links":{"self":"https://api.example/"}}`,
			sentRequest{"GET", "/v1/apps/" + appID + "/webhooks?limit=200", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, sent := scripted(t, always(test.status, test.answer))
			if err := test.call(client.Webhooks); err != nil {
				t.Fatal(err)
			}
			test.want.URL = wrapper.DefaultBaseURL + test.want.URL
			if !slices.Equal(*sent, []sentRequest{test.want}) {
				t.Errorf("got  %+v\nwant %+v", *sent, test.want)
			}
		})
	}
}

// TestWebhookIsDecoded: an event type that has no constant is read as it is.
func TestWebhookIsDecoded(t *testing.T) {
	client, _ := scripted(t, always(200, oneWebhook))
	got, err := client.Webhooks.Get(t.Context(), webhookID)
	if err != nil {
		t.Fatal(err)
	}
	want := wrapper.Webhook{
		ID: webhookID, Name: "ours", URL: "https://marketplace.example/n", Enabled: true, AppID: appID,
		EventTypes: []wrapper.EventType{wrapper.EventBuildUploadStateUpdated, "ADDED_LATER"},
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestWebhooksRefusedLocally: with the field's name and the rule, and nothing
// is sent.
func TestWebhooksRefusedLocally(t *testing.T) {
	client, sent := scripted(t, always(500, ""))
	ctx, s := t.Context(), client.Webhooks
	create := func(change func(*wrapper.WebhookParams)) error {
		p := webhookParams
		change(&p)
		_, err := s.Create(ctx, appID, p)
		return err
	}
	update := func(p wrapper.WebhookParams) error { _, err := s.Update(ctx, webhookID, p); return err }
	listed := func(id string) error {
		for _, err := range s.List(ctx, id) {
			return err
		}
		return nil
	}
	_, getErr := s.Get(ctx, "..")
	_, redeliverErr := s.Redeliver(ctx, "a/b")
	_, createErr := s.Create(ctx, "com.example.app", webhookParams)
	_, ensureErr := s.Ensure(ctx, "", webhookParams)
	_, versionErr := client.PackageVersions.Get(ctx, "?")
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"no name":        {create(func(p *wrapper.WebhookParams) { p.Name = "" }), "name is missing"},
		"name not UTF-8": {update(wrapper.WebhookParams{Name: "\xff"}), "name is not valid UTF-8"},
		"no URL":         {create(func(p *wrapper.WebhookParams) { p.URL = "" }), "endpoint URL is missing"},
		"URL":            {update(wrapper.WebhookParams{URL: "http://example.com/"}), "endpoint URL must be https"},
		"no secret":      {create(func(p *wrapper.WebhookParams) { p.Secret = wrapper.Secret{} }), "secret is missing"},
		"empty secret":   {update(wrapper.WebhookParams{Secret: wrapper.NewSecret("")}), "secret is missing"},
		"no event types": {create(func(p *wrapper.WebhookParams) { p.EventTypes = nil }), "event types are missing"},
		"no events left": {update(wrapper.WebhookParams{EventTypes: []wrapper.EventType{}}), "event types are empty"},
		"camelCase event": {
			update(wrapper.WebhookParams{EventTypes: []wrapper.EventType{"buildUploadStateUpdated"}}),
			"event type buildUploadStateUpdated is spelt BUILD_UPLOAD_STATE_UPDATED",
		},
		"other event": {
			update(wrapper.WebhookParams{EventTypes: []wrapper.EventType{"something else\n"}}),
			"event type something else is not in Apple's form",
		},
		"list app":        {listed("my app"), "app id must be digits only"},
		"create app":      {createErr, "app id must be digits only"},
		"ensure app":      {ensureErr, "app id must be digits only"},
		"get id":          {getErr, "id has characters"},
		"delete id":       {s.Delete(ctx, ""), "id is missing"},
		"ping id":         {s.Ping(ctx, "a b"), "id has characters"},
		"redeliver id":    {redeliverErr, "id has characters"},
		"package version": {versionErr, "id has characters"},
	} {
		if !errors.Is(test.err, wrapper.ErrInvalid) || !strings.HasPrefix(test.err.Error(), "wrapper: "+test.want) {
			t.Errorf("%s: got %v, want %s", name, test.err, test.want)
		}
	}
	if len(*sent) != 0 {
		t.Errorf("sent %v", *sent)
	}
}

// TestPagesFollowTheQueryOnly: Apple's links have been seen to name another
// host, and a token must never go there.
func TestPagesFollowTheQueryOnly(t *testing.T) {
	client, sent := scripted(t, func(n int, _ sentRequest) (int, string) {
		next := `,"next":"https://api-appstoreconnect.itunes.apple.com/v1/elsewhere?cursor=2&limit=200"`
		if n == 2 {
			next = ""
		}
		return 200, `{"data":[` + webhookResource + `],"links":{"self":"https://api.example/"` + next + `}}`
	})
	count := 0
	for _, err := range client.Webhooks.List(t.Context(), appID) {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count != 2 {
		t.Errorf("%d webhooks, want 2", count)
	}
	const path = wrapper.DefaultBaseURL + "/v1/apps/" + appID + "/webhooks?"
	want := []sentRequest{{"GET", path + "limit=200", ""}, {"GET", path + "cursor=2&limit=200", ""}}
	if !slices.Equal(*sent, want) {
		t.Errorf("got %v, want %v", *sent, want)
	}
}

// TestPagesEnd: links that lead nowhere or in circles are an error, not a
// list that looks complete.
func TestPagesEnd(t *testing.T) {
	for name, next := range map[string]string{"circle": "https://h/?cursor=1", "no query": "https://h/", "no URL": "https://%zz"} {
		t.Run(name, func(t *testing.T) {
			answer := `{"data":[],"links":{"self":"https://api.example/","next":"` + next + `"}}`
			client := cannedClient(t, newCanned(200, answer), quick)
			var last error
			for _, err := range client.Webhooks.List(t.Context(), appID) {
				last = err
			}
			if last == nil || !strings.Contains(last.Error(), "links.next") {
				t.Errorf("got %v", last)
			}
		})
	}
}

// TestPageWithAnotherResource: what is not a webhook, or not a delivery, ends the list.
func TestPageWithAnotherResource(t *testing.T) {
	const links = `"links":{"self":"https://api.example/","next":"https://api.example/?cursor=2"}`
	client := cannedClient(t, newCanned(200, `{"data":[{"type":"apps","id":"1"}],`+links+`}`), quick)
	for want, err := range map[string]error{
		"data[0]: type is not webhooks": firstError(client.Webhooks.List(t.Context(), appID)),
		"data[0]: type is not webhookDeliveries": firstError(
			client.Webhooks.Deliveries(t.Context(), webhookID, wrapper.DeliveryFilter{})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestLostSuccessorPosts: a create and a redelivery are unknown at once; a ping
// is repeated.
func TestLostSuccessorPosts(t *testing.T) {
	client, sent := scripted(t, always(503, ""))
	ctx := t.Context()
	_, createErr := client.Webhooks.Create(ctx, appID, webhookParams)
	_, redeliverErr := client.Webhooks.Redeliver(ctx, "d1")
	if !is[*wrapper.OutcomeUnknownError](createErr) || !is[*wrapper.OutcomeUnknownError](redeliverErr) {
		t.Errorf("create: %v, redeliver: %v", createErr, redeliverErr)
	}
	if len(*sent) != 2 {
		t.Errorf("%d requests, want one each", len(*sent))
	}
	pingErr := client.Webhooks.Ping(ctx, webhookID)
	if is[*wrapper.OutcomeUnknownError](pingErr) || len(*sent) != 6 {
		t.Errorf("%d requests, ping: %v", len(*sent)-2, pingErr)
	}
}

// TestTooManyWebhooks: a conflict of an app with ten webhooks says so.
func TestTooManyWebhooks(t *testing.T) {
	for there, want := range map[int]bool{9: false, 10: true} {
		client, _ := scripted(t, func(_ int, sent sentRequest) (int, string) {
			if sent.Method == http.MethodPost {
				return 409, `{"errors":[{"status":"409","code":"STATE_ERROR","title":"no"}]}`
			}
			list := strings.TrimSuffix(strings.Repeat(webhookResource+",", there), ",")
			return 200, `{"data":[` + list + `],"links":{"self":"https://api.example/"}}`
		})
		_, err := client.Webhooks.Create(t.Context(), appID, webhookParams)
		if !errors.Is(err, wrapper.ErrConflict) || errors.Is(err, wrapper.ErrTooManyWebhooks) != want {
			t.Errorf("with %d: %v", there, err)
		}
	}
}

// TestEventTypes: the constants are the OpenAPI document's, and each is in Apple's form.
func TestEventTypes(t *testing.T) {
	document, err := openAPI()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, value := range document.Components.Schemas["WebhookEventType"].Value.Enum {
		want = append(want, fmt.Sprint(value))
	}
	var got []string
	for _, eventType := range wrapper.AllEvents() {
		got = append(got, string(eventType))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	for _, eventType := range wrapper.MarketplaceEvents() {
		if !strings.HasPrefix(string(eventType), "ALTERNATIVE_DISTRIBUTION_") {
			t.Errorf("%s is not a marketplace's", eventType)
		}
	}
}

// TestPackageVersion: with its package, variants and deltas; nothing prints
// the access key that a URL carries.
func TestPackageVersion(t *testing.T) {
	file := func(kind, id string) string {
		return `{"type":"` + kind + `","id":"` + id + `","attributes":{"url":"https://cdn.example/` + id + `?key=canary",` +
			`"urlExpirationDate":"2026-11-24T10:00:00+01:00","fileChecksum":"sum",` +
			`"alternativeDistributionKeyBlob":"blob"}}`
	}
	answer := `{"data":{"type":"alternativeDistributionPackageVersions","id":"v1","attributes":{` +
		`"url":"https://cdn.example/v1?key=canary","urlExpirationDate":"2026-11-24T10:00:00+01:00",` +
		`"version":"7","fileChecksum":"sum","state":"COMPLETED"},"relationships":{` +
		`"alternativeDistributionPackage":{"data":{"type":"alternativeDistributionPackages","id":"p1"}},` +
		`"variants":{"meta":{"paging":{"total":51,"limit":50}}},"deltas":{"meta":{"paging":{"total":1,"limit":50}}}}},` +
		`"included":[{"type":"alternativeDistributionPackages","id":"p1"},` +
		file("alternativeDistributionPackageVariants", "a1") + `,` + file("alternativeDistributionPackageDeltas", "e1") +
		`],"links":{"self":"https://api.example/"}}`
	client, sent := scripted(t, always(200, answer))
	got, err := client.PackageVersions.Get(t.Context(), "v1")
	if err != nil {
		t.Fatal(err)
	}
	const wantURL = wrapper.DefaultBaseURL + "/v1/alternativeDistributionPackageVersions/v1" +
		"?include=alternativeDistributionPackage%2Cvariants%2Cdeltas&limit%5Bdeltas%5D=50&limit%5Bvariants%5D=50"
	if gotURL := strings.ReplaceAll((*sent)[0].URL, ",", "%2C"); gotURL != wantURL {
		t.Errorf("got  %s\nwant %s", gotURL, wantURL)
	}
	if got.ID != "v1" || got.PackageID != "p1" || got.Version != "7" || got.State != wrapper.PackageVersionCompleted {
		t.Errorf("got %+v", got)
	}
	if len(got.Variants) != 1 || len(got.Deltas) != 1 || got.VariantsTotal != 51 || got.DeltasTotal != 1 || got.Complete {
		t.Errorf("got %+v", got)
	}
	if got.URL.Reveal() != "https://cdn.example/v1?key=canary" || got.Variants[0].URL.Reveal() != "https://cdn.example/a1?key=canary" {
		t.Errorf("got %s and %s", got.URL.Reveal(), got.Variants[0].URL.Reveal())
	}
	encoded, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %q", got, got, got, got.URL, got.URL) + string(encoded)
	if strings.Contains(printed, "canary") || !strings.Contains(printed, "https://cdn.example/e1?[redacted]") {
		t.Errorf("printed %s", printed)
	}
}
