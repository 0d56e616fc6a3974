package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// account starts App Store Connect with an app, and points this process at it.
func account(t *testing.T, opts ...asctest.Option) *asctest.Server {
	t.Helper()
	return use(t, asctest.NewServer(t, append(opts, asctest.WithApp(sample.MarketplaceAppID))...))
}

// use lets the environment point to server.
func use(t *testing.T, server *asctest.Server) *asctest.Server {
	t.Helper()
	for _, variable := range environment(t, server) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	t.Setenv("ASC_APP_ID", sample.MarketplaceAppID)
	t.Setenv(secretVariable, "canary-1")
	return server
}

// succeed runs the command in this process and returns its stdout.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := inProcess(t, args...)
	if code != exitOK || stderr != "" || strings.Contains(stdout, "canary") {
		t.Fatalf("%v: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
	}
	return stdout
}

// wantMatch fails t unless text is lines that match.
func wantMatch(t *testing.T, text string, lines ...string) {
	t.Helper()
	if !regexp.MustCompile("^" + strings.Join(lines, "\n") + "\n$").MatchString(text) {
		t.Errorf("printed %q, want %q", text, lines)
	}
}

// TestLifeOfAWebhook goes through all commands of webhooks.
func TestLifeOfAWebhook(t *testing.T) {
	server := account(t)
	var failing atomic.Bool
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if failing.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer receiver.Close()
	if list := succeed(t, "webhooks", "list"); list != "" {
		t.Errorf("there are webhooks: %s", list)
	}
	params := []string{"--name", "n", "--endpoint-url", receiver.URL, "--event", "marketplace"}
	var created webhookDocument
	create := append([]string{"webhooks", "create", "--output", "json"}, params...)
	if err := json.Unmarshal([]byte(succeed(t, create...)), &created); err != nil {
		t.Fatal(err)
	}
	id := created.ID
	if len(created.EventTypes) != 3 || !created.Enabled || created.Name != "n" || created.URL != receiver.URL {
		t.Errorf("created %+v", created)
	}
	wantMatch(t, succeed(t, "webhooks", "get", id), "id: +"+id, "(app: +6478000000\n)?name: +n", "URL: +"+receiver.URL,
		"state: +enabled",
		"event: +ALTERNATIVE_DISTRIBUTION_PACKAGE_AVAILABLE_UPDATED", "event: .*", "event: .*")
	wantMatch(t, succeed(t, append([]string{"webhooks", "ensure"}, params...)...), "updated", "id: +"+id, "(?s:.*)")
	wantMatch(t, succeed(t, "webhooks", "list"), id+"  enabled  "+receiver.URL+"  n")
	wantMatch(t, succeed(t, "webhooks", "list", "--output", "json"), `\{"id":"`+id+`",.*"enabled":true,.*\}`)

	wantMatch(t, succeed(t, "webhooks", "ping", id), "pinged: "+id)
	server.Wait()
	wantMatch(t, succeed(t, "webhooks", "deliveries", id, "--since", "1h"), `\S+Z  SUCCEEDED  200  ping  \S+`)
	failing.Store(true)
	event := &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: sample.MarketplaceAppID, AppID: sample.AppID, PackageVersionID: sample.PackageVersionID}
	if _, err := server.Notify(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	failing.Store(false)
	const versionCreated = "ALTERNATIVE_DISTRIBUTION_PACKAGE_VERSION_CREATED"
	wantMatch(t, succeed(t, "webhooks", "deliveries", id, "--state", "failed"),
		`\S+Z  FAILED     503  `+versionCreated+`  \S+`)
	var failed deliveryDocument
	line := succeed(t, "webhooks", "deliveries", id, "--state", "failed", "--output", "json")
	if err := json.Unmarshal([]byte(line), &failed); err != nil {
		t.Fatal(err)
	}
	if _, isObject := failed.Payload.(map[string]any); !isObject || failed.Status != 503 || failed.EventID == "" {
		t.Errorf("failed: %+v", failed)
	}
	wantMatch(t, succeed(t, "webhooks", "redeliver", failed.ID), `\S+Z  PENDING .*\(again\)  \S+`)
	server.Wait()
	wantMatch(t, succeed(t, "webhooks", "deliveries", id, "--state", "succeeded", "--state", "pending"),
		`\S+Z  SUCCEEDED  200  `+versionCreated+` \(again\)  \S+`, `\S+Z  SUCCEEDED  200  ping  \S+`)

	wantMatch(t, succeed(t, "webhooks", "update", id, "--disabled", "--event", "all", "--event", "marketplace"),
		"(?s:.*)state: +disabled", fmt.Sprintf("(event: +[A-Z_]+\n){%d}event: +[A-Z_]+", len(wrapper.AllEvents())-1))
	wantMatch(t, succeed(t, "webhooks", "update", id, "--disabled=false", "--event", "BUILD_UPLOAD_STATE_UPDATED"),
		"(?s:.*)state: +enabled", "event: +BUILD_UPLOAD_STATE_UPDATED")
	t.Setenv(secretVariable, "")
	wantMatch(t, succeed(t, "webhooks", "update", id, "--disabled"), "(?s:.*)state: +disabled", "event: .*")
	wantMatch(t, succeed(t, "webhooks", "update", id, "--event", "marketplace"),
		"(?s:.*)state: +disabled", "(event: .*\n){2}event: .*")
	t.Setenv(secretVariable, "canary-2")
	succeed(t, "webhooks", "update", id)
	if secret := server.State().Webhooks[0].Secret; secret != "canary-2" {
		t.Errorf("the secret is %q", secret)
	}
	wantMatch(t, succeed(t, "webhooks", "delete", id, "--yes"), "deleted: "+id)
	if left := server.State().Webhooks; len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestPrintDelivery: what was posted and what went wrong is printed, JSON or not.
func TestPrintDelivery(t *testing.T) {
	var stdout strings.Builder
	w := &webhooks{system: &system{stdout: &stdout}}
	delivery := wrapper.Delivery{ID: "1", State: wrapper.DeliveryFailed, ErrorMessage: "no\nroute",
		Payload: []byte("not JSON")}
	if err := w.printDelivery(delivery, nil); err != nil {
		t.Fatal(err)
	}
	wantMatch(t, stdout.String(), `0001-01-01T00:00:00Z  FAILED       0    1  no route`)
	stdout.Reset()
	w.output = "json"
	if err := w.printDelivery(delivery, nil); err != nil {
		t.Fatal(err)
	}
	const want = `{"id":"1","state":"FAILED",` +
		`"redelivery":false,"error":"no\nroute","ping":false,"payload":"not JSON"}` + "\n"
	if got := stdout.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestEnsureTwins: another replica creates the same webhook at the same time;
// one is kept, and the other named.
func TestEnsureTwins(t *testing.T) {
	var server *asctest.Server
	server = account(t, asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
		if r.Operation == asctest.WebhooksCreate {
			_ = server.Update(func(s *asctest.State) {
				s.Webhooks = []asctest.Webhook{{ID: "0", AppID: sample.MarketplaceAppID, Name: "n", URL: "https://h.example/"}}
			})
		}
		return nil
	}})
	const ensure = "webhooks ensure --name n --endpoint-url https://h.example/ --event marketplace --output "
	for output, want := range map[string]string{
		"text": `(created|updated)\nid: +0\n(?s:.*)deleted: +\S+`,
		"json": `\{"action":"\w+","deleted":\["\S+"\],"id":"0",.*\}`,
	} {
		_ = server.Update(func(s *asctest.State) { s.Webhooks = nil })
		wantMatch(t, succeed(t, strings.Fields(ensure+output)...), want)
		if left := server.State().Webhooks; len(left) != 1 || left[0].ID != "0" {
			t.Errorf("left: %+v", left)
		}
	}
}

// TestWebhooksRefused: what cannot be right is refused before anything is sent.
func TestWebhooksRefused(t *testing.T) {
	server := account(t)
	const some = "--name n --endpoint-url https://h.example/"
	const good = some + " --event all"
	for args, want := range map[string]string{
		"list --app canary": "app id must be digits only",
		"create --name n --endpoint-url http://canary.example/ --event all": "must be https",
		"create " + some + " --event buildUploadStateUpdated":               "is spelt BUILD_UPLOAD_STATE_UPDATED",
		"ensure " + some + " --event no":                                    "is not in Apple's form",
		"ensure " + good + " --app 1a":                                      "app id must be digits only",
		"create " + good + " --secret-file /nowhere":                        "--secret-file: the file (not shown, it may be a secret): no such file or directory",
		"get ..":                     "id has characters no such ID contains",
		"ping a/b":                   "id has characters no such ID contains",
		"redeliver ?":                "id has characters no such ID contains",
		"deliveries id --since 241h": "--since is over ten days ago",
		"deliveries id --since 2020-01-01T00:00:00Z": "--since is over ten days ago",
	} {
		code, stdout, stderr := inProcess(t, append([]string{"webhooks"}, strings.Fields(args)...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) || strings.Contains(stderr, "canary") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
	if sent := server.Exchanges(); len(sent) > 0 {
		t.Errorf("sent %d requests", len(sent))
	}
}

// TestWebhooksFail: what App Store Connect refuses, and what to do next.
func TestWebhooksFail(t *testing.T) {
	server := account(t)
	fail := func(want string, args ...string) {
		t.Helper()
		code, stdout, stderr := inProcess(t, args...)
		if code != exitFailed || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q, want %q", args, code, stdout, stderr, want)
		}
	}
	fail("Nothing has this ID: 'ascwebhooks webhooks list' shows what is registered", "webhooks", "get", "id-1")
	fail("Nothing has this ID", "package-version", "id-1")
	create := strings.Fields("webhooks create --name n --endpoint-url https://h.example/ --event all")
	server.FailNext(asctest.Fault{Operation: asctest.WebhooksCreate, Kind: asctest.FaultResetBeforeHeaders})
	fail("Look with 'ascwebhooks webhooks list' before trying again", create...)
	server.FailNext(asctest.Fault{Operation: asctest.WebhooksRedeliver, Kind: asctest.FaultResetBeforeHeaders})
	fail("Look with 'ascwebhooks webhooks deliveries WEBHOOK-ID' before trying again", "webhooks", "redeliver", "id-1")
	for i := range 10 {
		_ = server.Update(func(s *asctest.State) {
			webhook := asctest.Webhook{AppID: sample.MarketplaceAppID, Name: fmt.Sprint(i), URL: "https://h.example/"}
			s.Webhooks = append(s.Webhooks, webhook)
		})
	}
	fail("the app already has ten webhooks", create...)
}

// TestPackageVersion downloads what the command points at, as curl would.
func TestPackageVersion(t *testing.T) {
	server := account(t, asctest.PackageVersion{
		PackageFile: asctest.PackageFile{ID: "v-1", Content: []byte("package")}, PackageID: "p-1", Version: "7",
	})
	const path = "/v1/alternativeDistributionPackageVersions/v-1"
	lists := map[string]string{
		path + "/variants": `{"type":"alternativeDistributionPackageVariants","id":"variant-1","attributes":{"fileChecksum":"sum"}}`,
		path + "/deltas":   `{"type":"alternativeDistributionPackageDeltas","id":"delta-1"}`,
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if list, ok := lists[r.URL.Path]; ok {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"data":[`+list+`],"links":{"self":"/"}}`)
			return
		}
		server.ServeHTTP(w, r)
	}))
	defer front.Close()
	t.Setenv("ASC_BASE_URL", front.URL)

	wantMatch(t, succeed(t, "package-version", "v-1"), "id: +v-1", "package: +p-1", "version: +7", "state: +COMPLETED",
		`URL: +http://127\.0\.0\.1:\d+/\S+`, `URL expires: +\S+Z`, "checksum: +[0-9a-f]{64}", "variants: +1", "deltas: +1", "variant: +variant-1", "delta: +delta-1")
	var version packageVersionDocument
	if err := json.Unmarshal([]byte(succeed(t, "package-version", "v-1", "--output", "json")), &version); err != nil {
		t.Fatal(err)
	}
	if content := call(t, "GET", version.URL, "", "", http.StatusOK); string(content) != "package" {
		t.Errorf("downloaded %q", content)
	}
	if len(version.Variants) != 1 || version.Variants[0].Checksum != "sum" || len(version.Deltas) != 1 || version.Deltas[0].ID != "delta-1" {
		t.Errorf("got %+v", version)
	}
	for list := range lists {
		was := lists[list]
		lists[list] = `{}`
		if code, stdout, stderr := inProcess(t, "package-version", "v-1"); code != exitFailed || stdout != "" || stderr == "" {
			t.Errorf("%s: exit code %d, %q, %q", list, code, stdout, stderr)
		}
		lists[list] = was
	}
}

// TestNotifyEveryType: each type that notify knows is one that the receiver
// knows, with the attributes that the flags say.
func TestNotifyEveryType(t *testing.T) {
	t.Setenv(secretVariable, "canary")
	received := make(chan *notification.Notification, 1)
	verifier, err := notification.NewVerifier([]byte("canary"))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		received <- n
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(handler)
	defer receiver.Close()
	for _, eventType := range sample.Types() {
		succeed(t, "notify", receiver.URL, "--type", eventType)
		n := <-received
		want := &notification.Notification{Timestamp: n.Timestamp, Type: eventType, ID: n.ID, Event: sample.Event(eventType)}
		if n.Event == nil || summary(n) != summary(want) {
			t.Errorf("received %q, want %q", summary(n), summary(want))
		}
	}
	for _, test := range []struct{ args, want string }{
		{"--type buildUploadStateUpdated --field instance_id=1 --field old=A=B --field new=B", "instance_id=1 old=A=B new=B"},
		{"--type AppVersionsUnavailable --field package_ids=1 --field package_ids=2",
			"marketplace_app_id=6478000000 app_id=6478000001 package_ids=1,2"},
		{"--type alternativeDistributionPackageAvailableUpdated --field available=false --field territories=ITA",
			"marketplace_app_id=6478000000 app_id=6478000001 package_id=" + sample.PackageID + " available=false territories=ITA"},
	} {
		succeed(t, append([]string{"notify", receiver.URL}, strings.Fields(test.args)...)...)
		if got := summary(<-received); !strings.HasSuffix(got, " "+test.want) {
			t.Errorf("%s: received %s, want %s", test.args, got, test.want)
		}
	}
}
