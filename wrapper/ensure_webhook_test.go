package wrapper_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// stored is one webhook of the app in a shelf.
type stored struct{ ID, Name, URL, Secret string }

func (w stored) json() string {
	text, err := json.Marshal(map[string]any{
		"type": "webhooks", "id": w.ID, "attributes": map[string]any{"name": w.Name, "url": w.URL, "enabled": true},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// shelf responds as App Store Connect does for one app's webhooks, and no more.
type shelf struct {
	webhooks []stored
	created  func(s *shelf) // called after a create
}

func (s *shelf) respond(_ int, sent sentRequest) (int, string) {
	id := sent.URL[strings.LastIndex(sent.URL, "/")+1:]
	i := slices.IndexFunc(s.webhooks, func(w stored) bool { return w.ID == id })
	var body struct{ Data struct{ Attributes stored } }
	_ = json.Unmarshal([]byte(sent.Body), &body)
	switch {
	case sent.Method == http.MethodGet:
		var data []string
		for _, w := range s.webhooks {
			data = append(data, w.json())
		}
		return 200, `{"data":[` + strings.Join(data, ",") + `],"links":{"self":""}}`
	case sent.Method == http.MethodPost:
		w := body.Data.Attributes
		w.ID = "m"
		s.webhooks = append(s.webhooks, w)
		if s.created != nil {
			s.created(s)
		}
		return 201, `{"data":` + w.json() + `,"links":{"self":""}}`
	case i < 0:
		return 404, `{"errors":[{"code":"NOT_FOUND"}]}`
	case sent.Method == http.MethodDelete:
		s.webhooks = slices.Delete(s.webhooks, i, i+1)
		return 204, ""
	default:
		w := body.Data.Attributes
		w.ID = id
		s.webhooks[i] = w
		return 200, `{"data":` + w.json() + `,"links":{"self":""}}`
	}
}

// TestEnsureWebhook: found by its URL, created or updated whole; twins go.
func TestEnsureWebhook(t *testing.T) {
	const ours, url, secret = "ours", "https://marketplace.example/n", "s & <s>"
	other := stored{"b", "theirs", "https://other.example/", "old"}
	for name, test := range map[string]struct {
		before  []stored
		created func(*shelf)
		action  wrapper.EnsureAction
		id      string
		deleted []string
		after   []stored
	}{
		"none": {
			[]stored{other}, nil, wrapper.EnsureCreated, "m", nil, []stored{other, {"m", ours, url, secret}},
		},
		"there": {
			[]stored{other, {"c", "old name", url, "old"}}, nil, wrapper.EnsureUpdated, "c", nil,
			[]stored{other, {"c", ours, url, secret}},
		},
		"twins": {
			[]stored{{"d", ours, url, "x"}, other, {"c", ours, url, "y"}}, nil, wrapper.EnsureUpdated, "c", []string{"d"},
			[]stored{other, {"c", ours, url, secret}},
		},
		"one of another name": {
			[]stored{{"a", "theirs", url, "x"}, {"c", ours, url, "y"}}, nil, wrapper.EnsureUpdated, "c", nil,
			[]stored{{"a", "theirs", url, "x"}, {"c", ours, url, secret}},
		},
		"one of our name at another URL": {
			[]stored{{"a", ours, other.URL, "x"}, {"c", ours, url, "y"}}, nil, wrapper.EnsureUpdated, "c", nil,
			[]stored{{"a", ours, other.URL, "x"}, {"c", ours, url, secret}},
		},
		"the list after the create is stale": {
			nil, func(s *shelf) { s.webhooks = nil }, wrapper.EnsureCreated, "m", nil, nil,
		},
		"another replica's is smaller": {
			nil, func(s *shelf) { s.webhooks = append(s.webhooks, stored{"a", ours, url, "y"}) },
			wrapper.EnsureUpdated, "a", []string{"m"}, []stored{{"a", ours, url, secret}},
		},
		"another replica's is greater": {
			nil, func(s *shelf) { s.webhooks = append(s.webhooks, stored{"z", ours, url, "y"}) },
			wrapper.EnsureCreated, "m", []string{"z"}, []stored{{"m", ours, url, secret}},
		},
		"deleted by another replica": {
			nil, func(s *shelf) { s.webhooks = []stored{{"a", ours, url, "y"}} },
			wrapper.EnsureUpdated, "a", nil, []stored{{"a", ours, url, secret}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{webhooks: slices.Clone(test.before), created: test.created}
				client, sent := scripted(t, s.respond)
				result, err := client.Webhooks.Ensure(t.Context(), appID, webhookParams)
				if err != nil {
					t.Fatal(err)
				}
				deletes := slices.DeleteFunc(*sent, func(r sentRequest) bool { return r.Method != http.MethodDelete })
				if len(slices.Compact(slices.Clone(deletes))) != len(deletes) {
					t.Errorf("more than once: %v", deletes)
				}
				if result.Action != test.action || result.Webhook.ID != test.id {
					t.Errorf("got %s of %s, want %s of %s", result.Action, result.Webhook.ID, test.action, test.id)
				}
				if !slices.Equal(result.Deleted, test.deleted) {
					t.Errorf("deleted %v, want %v", result.Deleted, test.deleted)
				}
				if !slices.Equal(s.webhooks, test.after) {
					t.Errorf("stored %+v, want %+v", s.webhooks, test.after)
				}
			})
		})
	}
}

// TestEnsureWebhookWritesOnce: all values by one request, enabled unless told
// otherwise.
func TestEnsureWebhookWritesOnce(t *testing.T) {
	for name, enabled := range map[string]*bool{"true": nil, "false": new(false)} {
		s := &shelf{webhooks: []stored{{"c", "ours", "https://marketplace.example/n", "old"}}}
		client, sent := scripted(t, s.respond)
		p := webhookParams
		p.Enabled = enabled
		if _, err := client.Webhooks.Ensure(t.Context(), appID, p); err != nil {
			t.Fatal(err)
		}
		if len(*sent) != 2 || !strings.Contains((*sent)[1].Body, `"enabled":`+name) || !strings.Contains((*sent)[1].Body, "secret") {
			t.Errorf("sent %v", *sent)
		}
	}
}

// TestEnsureTenWebhooks says so.
func TestEnsureTenWebhooks(t *testing.T) {
	s := &shelf{}
	for range 10 {
		s.webhooks = append(s.webhooks, stored{ID: "x", Name: "theirs", URL: "https://other.example/"})
	}
	client, requests := scripted(t, func(n int, sent sentRequest) (int, string) {
		if sent.Method == http.MethodPost {
			return 409, `{"errors":[{"code":"STATE_ERROR"}]}`
		}
		return s.respond(n, sent)
	})
	_, err := client.Webhooks.Ensure(t.Context(), appID, webhookParams)
	if !errors.Is(err, wrapper.ErrTooManyWebhooks) || len(*requests) != 3 {
		t.Errorf("%d requests: %v", len(*requests), err)
	}
}
