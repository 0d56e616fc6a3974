package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const buildsOnly, elsewhere = "BUILD_UPLOAD_STATE_UPDATED", "https://other.example/"

func webhookAt(id, name, url string, events ...string) asctest.Webhook {
	return asctest.Webhook{ID: id, AppID: sample.MarketplaceAppID, Name: name, URL: url, Secret: "canary-0",
		Enabled: true, EventTypes: events}
}

// webhooksElsewhere are w-0, w-1 and so on.
func webhooksElsewhere(n int) (there []asctest.Webhook) {
	for i := range n {
		there = append(there, webhookAt(fmt.Sprint("w-", i), "n", elsewhere, buildsOnly))
	}
	return there
}

// TestEnsureDryRun: what it shows is what ensure then does.
func TestEnsureDryRun(t *testing.T) {
	const url = "https://h.example/"
	ensure := []string{"webhooks", "ensure", "--name", "n", "--endpoint-url", url, "--event", "marketplace"}
	const created = "created\nname: +\\+ n\nURL: +\\+ " + url + "\n(event: +\\+ .*\n){3}state: +\\+ enabled\nsecret: +unknown -> will be set"
	for name, test := range map[string]struct {
		there []asctest.Webhook
		plan  string
	}{
		"none":           {nil, created},
		"nine elsewhere": {webhooksElsewhere(9), created},
		"ten, one of them here": {append(webhooksElsewhere(9), webhookAt("1", "n", url, buildsOnly)),
			"updated\nid: +1\n(event: .*\n){4}secret: +unknown -> will be set"},
		"other events and name": {[]asctest.Webhook{webhookAt("1", "m", url, buildsOnly)},
			"updated\nid: +1\nname: +m -> n\n(event: +\\+ .*\n){3}event: +- BUILD_UPLOAD_STATE_UPDATED\nsecret: +unknown -> will be set"},
		"twins": {[]asctest.Webhook{webhookAt("1", "n", url, eventTypes(wrapper.MarketplaceEvents())...), webhookAt("2", "n", url, buildsOnly)},
			"updated\nid: +1\nsecret: +unknown -> will be set\ndeleted: +2"},
	} {
		t.Run(name, func(t *testing.T) {
			server := account(t)
			_ = server.Update(func(s *asctest.State) { s.Webhooks = test.there })
			before := server.State()
			code, stdout, stderr := inProcess(t, append(ensure, "--dry-run")...)
			if code != exitOK || !strings.HasPrefix(stderr, "dry run: ") {
				t.Errorf("exit code %d, stderr %s", code, stderr)
			}
			wantMatch(t, stdout, test.plan)
			_, stdout, _ = inProcess(t, append(ensure, "--dry-run", "--output", "json")...)
			if after := server.State(); !reflect.DeepEqual(after, before) {
				t.Errorf("changed %+v", after)
			}
			var planned, did ensurePlanDocument
			if err := json.Unmarshal([]byte(stdout), &planned); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(succeed(t, append(ensure, "--output", "json")...)), &did); err != nil {
				t.Fatal(err)
			}
			if planned.Action != did.Action || planned.ID != "" && planned.ID != did.ID || !slices.Equal(planned.Deleted, did.Deleted) {
				t.Errorf("planned %+v, did %+v", planned, did)
			}
		})
	}
}

// crowd is what keeps ensure and migrate from giving a URL one webhook of its
// own, and what they say then.
type crowd struct {
	name  string
	there []asctest.Webhook
	want  string
}

func crowds(url string) []crowd {
	twice := []asctest.Webhook{webhookAt("b", "CI", strings.TrimSuffix(url, "/"), buildsOnly), webhookAt("a", "all", url, buildsOnly)}
	return []crowd{
		{"two here", append(webhooksElsewhere(1), twice...), "several webhooks of the app have this URL, " +
			"so events would arrive more than once: a, b; delete all but one with 'ascwebhooks webhooks delete ID'"},
		{"ten elsewhere", webhooksElsewhere(10), "the app already has ten webhooks, which is Apple's limit, and none of them has this URL: " +
			"w-0, w-1, w-2, w-3, w-4, w-5, w-6, w-7, w-8, w-9; delete one that is no longer needed with 'ascwebhooks webhooks delete ID'"},
	}
}

// TestEnsureRefusesACrowd names the webhooks that are in the way.
func TestEnsureRefusesACrowd(t *testing.T) {
	const url = "https://h.example/"
	for _, test := range crowds(url) {
		t.Run(test.name, func(t *testing.T) {
			server := account(t)
			_ = server.Update(func(s *asctest.State) { s.Webhooks = test.there })
			before := server.State()
			ensure := []string{"webhooks", "ensure", "--name", "new", "--endpoint-url", url, "--event", "marketplace"}
			for _, args := range [][]string{ensure, append(ensure, "--dry-run")} {
				code, stdout, stderr := inProcess(t, args...)
				if code != exitFailed || stdout != "" || !strings.Contains(stderr, test.want) ||
					!strings.HasSuffix(stderr, "; nothing was changed\n") || strings.Count(stderr, "\n") != 1 {
					t.Errorf("%q: exit code %d, stdout %s, stderr %s", args, code, stdout, stderr)
				}
				if after := server.State(); !reflect.DeepEqual(after, before) {
					t.Errorf("%q changed it to %+v", args, after)
				}
			}
		})
	}
}
