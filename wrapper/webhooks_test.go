package wrapper_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

const (
	appID     = "6446048195"
	webhookID = "a35a8a4e-8fbb-4f7c-8b4a-2d2a4b0a2d0e"
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
		call     func(*wrapper.Webhooks) error
		status   int
		response string
		want     sentRequest
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
			client, sent := scripted(t, always(test.status, test.response))
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
		if n := strings.Count(err.Error(), "wrapper: "); n != 1 {
			t.Errorf("%v: the package is named %d times", err, n)
		}
	}
}

const (
	webhookResource = `{"type":"webhooks","id":"` + webhookID + `","attributes":{"enabled":true,` +
		`"eventTypes":["BUILD_UPLOAD_STATE_UPDATED","ADDED_LATER"],"name":"ours","url":"https://marketplace.example/n"},` +
		`"relationships":{"app":{"data":{"type":"apps","id":"` + appID + `"}}}}`
	oneWebhook = `{"data":` + webhookResource + `,"links":{"self":"https://api.example/"}}`
)
