package asctest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/contract"
)

// attributes are those of a resource.
type attributes = map[string]any

var (
	anApp = asctest.Resource{
		Type: "apps", ID: "6478000001", Attributes: attributes{"name": "Ours", "bundleId": "com.example.ours"},
	}
	aBuild = asctest.Resource{
		Type: "builds", ID: "b1", Attributes: attributes{"version": "42", "processingState": "VALID"},
		Relationships: map[string][]string{"app": {"6478000001"}, "preReleaseVersion": {"p1"}},
	}
	aVersion = asctest.Resource{Type: "preReleaseVersions", ID: "p1", Attributes: attributes{"version": "1.2", "platform": "IOS"}}
)

// TestResourceIsRead: with what is included, and links only to what the document has.
func TestResourceIsRead(t *testing.T) {
	t.Parallel()
	c := newCaller(t, aBuild, aVersion, anApp)
	link := func(path string) string { return `"links":{"self":"` + c.server.URL + `/v1/` + path + `"}` }
	build := `"type":"builds","id":"b1","attributes":{"processingState":"VALID","version":"42"}`
	app := `{"type":"apps","id":"6478000001","attributes":{"bundleId":"com.example.ours","name":"Ours"},` +
		`"relationships":{"webhooks":{"links":{"related":"` + c.server.URL + `/v1/apps/6478000001/webhooks"}}},` + link("apps/6478000001") + `}`
	for path, want := range map[string]string{
		"builds/b1": `{"data":{` + build + `,` + link("builds/b1") + `},` + link("builds/b1") + `}`,
		"builds/b1?include=preReleaseVersion,app": `{"data":{` + build +
			`,"relationships":{"app":{"data":{"type":"apps","id":"6478000001"}},` +
			`"preReleaseVersion":{"data":{"type":"preReleaseVersions","id":"p1"}}},` + link("builds/b1") + `},"included":[` +
			`{"type":"preReleaseVersions","id":"p1","attributes":{"platform":"IOS","version":"1.2"},` +
			link("preReleaseVersions/p1") + `},` + app + `],` + link("builds/b1") + `}`,
		"apps/6478000001": `{"data":` + app + `,` + link("apps/6478000001") + `}`,
	} {
		if got := c.expect(200, "", "GET", "/v1/"+path, ""); got.body != want {
			t.Errorf("%s\n got %s\nwant %s", path, got.body, want)
		}
	}
	c.expect(404, "NOT_FOUND", "GET", "/v1/builds/unknown", "")
	c.expect(404, "NOT_FOUND", "GET", "/v1/apps/unknown", "")
	c.expect(200, "", "GET", "/v1/builds/B1", "")
	c.expect(400, "PARAMETER_ERROR.INVALID", "GET", "/v1/builds/b1?include=icons", "")
	c.expect(200, "", "GET", "/v1/apps/6478000001/webhooks", "")
}

// TestRelatedResourceIsRead: to one, and what there is none of.
func TestRelatedResourceIsRead(t *testing.T) {
	t.Parallel()
	c := newCaller(t,
		asctest.Resource{Type: "betaFeedbackCrashSubmissions", ID: "c1", Relationships: map[string][]string{"crashLog": {"l1"}}},
		asctest.Resource{Type: "betaFeedbackCrashSubmissions", ID: "c2"},
		asctest.Resource{Type: "betaCrashLogs", ID: "l1", Attributes: attributes{"logText": "it crashed"}})
	got := c.expect(200, "", "GET", "/v1/betaFeedbackCrashSubmissions/c1/crashLog", "")
	if !strings.Contains(got.body, `"attributes":{"logText":"it crashed"}`) {
		t.Error(got.body)
	}
	c.expect(404, "NOT_FOUND", "GET", "/v1/betaFeedbackCrashSubmissions/c2/crashLog", "")
	c.expect(404, "NOT_FOUND", "GET", "/v1/betaFeedbackCrashSubmissions/c3/crashLog", "")
}

// TestListsOfResources: by every kind of filter, sorted, in pages.
func TestListsOfResources(t *testing.T) {
	t.Parallel()
	app := func(id, name, bundleID string) asctest.Resource {
		return asctest.Resource{Type: "apps", ID: id, Attributes: attributes{"name": name, "bundleId": bundleID}}
	}
	version := func(id, state string) asctest.Resource {
		return asctest.Resource{
			Type: "alternativeDistributionPackageVersions", ID: id, Attributes: attributes{"state": state},
			Relationships: map[string][]string{"alternativeDistributionPackage": {"p1"}},
		}
	}
	c := newCaller(t, app("1", "B", "x"), app("2", "C", "y"), app("3", "A", "z"), asctest.WithApp("4"),
		asctest.Resource{Type: "alternativeDistributionPackages", ID: "p1"},
		asctest.Resource{Type: "alternativeDistributionPackages", ID: "p2"},
		asctest.Resource{
			Type: "alternativeDistributionPackages", ID: "p4", Relationships: map[string][]string{"versions": {}},
		},
		asctest.Resource{
			Type: "alternativeDistributionPackageVersions", ID: "v4",
			Relationships: map[string][]string{"alternativeDistributionPackage": {"p4"}},
		},
		asctest.Resource{
			Type: "alternativeDistributionPackages", ID: "p3", Relationships: map[string][]string{"versions": {"v2", "v1"}},
		},
		version("v1", "REPLACED"), version("v2", "COMPLETED"))
	for path, want := range map[string]string{
		"apps":                                        "1 2 3 4 of 4",
		"apps?filter[bundleId]=y":                     "2 of 1",
		"apps?filter[bundleId]=z,x":                   "1 3 of 2",
		"apps?filter[id]=2,4":                         "2 4 of 2",
		"apps?filter[id]=2&filter[sku]=s":             "of 0",
		"apps?sort=name":                              "4 3 1 2 of 4",
		"apps?sort=-bundleId&limit=2":                 "3 2 of 4, more",
		"apps?limit=2&cursor=2":                       "3 4 of 4",
		"alternativeDistributionPackages/p1/versions": "v1 v2 of 2",
		"alternativeDistributionPackages/p1/versions?filter[state]=COMPLETED": "v2 of 1",
		"alternativeDistributionPackages/p2/versions":                         "of 0",
		"alternativeDistributionPackages/p4/versions":                         "of 0",
		"alternativeDistributionPackages/p3/versions":                         "v2 v1 of 2",
	} {
		var shown struct {
			Data  []struct{ ID string }
			Links struct{ Next string }
			Meta  struct{ Paging struct{ Total int } }
		}
		if err := json.Unmarshal([]byte(c.expect(200, "", "GET", "/v1/"+path, "").body), &shown); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range shown.Data {
			got += r.ID + " "
		}
		got += fmt.Sprint("of ", shown.Meta.Paging.Total)
		if shown.Links.Next != "" {
			got += ", more"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	c.expect(400, "PARAMETER_ERROR.ILLEGAL", "GET", "/v1/apps?filter[appStoreVersions.platform]=IOS", "")
	c.expect(400, "PARAMETER_ERROR.ILLEGAL", "GET", "/v1/apps?exists[gameCenterEnabledVersions]=true", "")
}

// TestResourcesAreCheckedByTheDocument: the error names the value, and nothing has changed.
func TestResourcesAreCheckedByTheDocument(t *testing.T) {
	t.Parallel()
	build := func(change func(*asctest.Resource)) []asctest.Resource {
		r := asctest.Resource{Type: "builds", ID: "b2"}
		change(&r)
		return []asctest.Resource{r}
	}
	related := func(name string, ids ...string) []asctest.Resource {
		return build(func(r *asctest.Resource) { r.Relationships = map[string][]string{name: ids} })
	}
	with := func(name string, value any) []asctest.Resource {
		return build(func(r *asctest.Resource) { r.Attributes = attributes{name: value} })
	}
	h, err := asctest.New(aBuild, aVersion, anApp)
	if err != nil {
		t.Fatal(err)
	}
	for want, given := range map[string][]asctest.Resource{
		"resources[3].type: must be one of alternativeDistributionPackageDeltas, ":                   {{Type: "bulids", ID: "1"}},
		"resources[3].type: must be one of ":                                                         {{Type: "webhooks", ID: "1"}},
		"resources[3].id: must be of letters":                                                        {{Type: "builds"}},
		"resources[3].id: is a duplicate":                                                            {{Type: "builds", ID: "B1"}},
		"resources[3].attributes.version: type: value must be a string":                              with("version", 42),
		"resources[3].attributes.processingState: enum: ":                                            with("processingState", "DONE"),
		"resources[3].attributes.uploadedDate: ":                                                     with("uploadedDate", "yesterday"),
		"resources[3].attributes.unknown: ":                                                          with("unknown", "x"),
		"resources[3].attributes: must be possible as JSON":                                          with("version", func() {}),
		"resources[3].relationships.icons: is not in the document, which has app, preReleaseVersion": related("icons", "1"),
		"resources[3].relationships.app: leads to none of the apps that are given":                   related("app", "7"),
		"resources[3].relationships.app: leads to one apps, not to several":                          related("app", "6478000001", "6478000001"),
	} {
		err := h.Update(func(s *asctest.State) { s.Resources = append(s.Resources, given...) })
		if err == nil || !strings.HasPrefix(err.Error(), "asctest: "+want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if got := len(h.State().Resources); got != 3 {
		t.Errorf("%d resources", got)
	}
}

// TestStateSharesNothing: what a test holds may change, and only Update changes what is served.
func TestStateSharesNothing(t *testing.T) {
	t.Parallel()
	build := aBuild
	build.Attributes = attributes{"version": "1"}
	build.Relationships = map[string][]string{"app": {"6478000001"}}
	c := newCaller(t, build, aVersion, anApp)
	change := func(r asctest.Resource, version string) {
		r.Attributes["version"] = version
		r.Relationships["app"][0] = "gone"
	}
	version := func() any { return c.server.State().Resources[0].Attributes["version"] }
	change(build, "2")
	change(c.server.State().Resources[0], "3")
	if version() != "1" {
		t.Errorf("version is %v", version())
	}
	var kept []asctest.Resource
	_ = c.server.Update(func(s *asctest.State) { kept = s.Resources; kept[0].Attributes["version"] = "4" })
	change(kept[0], "5")
	if got := c.expect(200, "", "GET", "/v1/builds/b1", ""); version() != "4" ||
		!strings.Contains(got.body, `"version":"4"`) {
		t.Errorf("version is %v, %s", version(), got.body)
	}
	if got := c.server.State().Resources[0].Relationships["app"][0]; got != "6478000001" {
		t.Errorf("its app is %s", got)
	}
	_ = c.server.Update(func(s *asctest.State) { s.Resources = nil })
	c.expect(404, "NOT_FOUND", "GET", "/v1/builds/b1", "")
	c.server.Reset()
	c.expect(200, "", "GET", "/v1/builds/b1", "")
}

// TestEveryReadIsServed: whatever the document has.
func TestEveryReadIsServed(t *testing.T) {
	t.Parallel()
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	options, ids := []asctest.Option{asctest.Settings{LooseListing: true}}, map[string][]string{"webhooks": {"1"}}
	for _, operation := range document.Operations() {
		read, ok := document.Read(operation)
		for _, kind := range append(read.Included, read.Shows, read.Type) {
			if own := strings.Contains(strings.ToLower(kind), "webhook"); ok && !own {
				ids[kind] = []string{"1"}
			}
		}
	}
	for kind := range ids {
		if kind == "webhooks" {
			options = append(options, asctest.Webhook{ID: "1", AppID: "1", Name: "n", URL: "https://ci.example/", Enabled: true})
			continue
		}
		r := asctest.Resource{Type: kind, ID: "1", Relationships: map[string][]string{}}
		for name, to := range document.ResourceType(kind).Relationships {
			if to.Type != "webhooks" {
				r.Relationships[name] = ids[to.Type]
			}
		}
		options = append(options, r)
	}
	c := newCaller(t, options...)
	count := 0
	for template, item := range document.Paths() {
		if item.Get == nil {
			continue
		}
		path := strings.ReplaceAll(template, "{id}", "1")
		if include := item.Get.Parameters.GetByInAndName("query", "include"); include != nil {
			names := fmt.Sprint(include.Schema.Value.Items.Value.Enum)
			path += "?include=" + strings.Join(strings.Fields(strings.Trim(names, "[]")), ",")
		}
		c.expect(200, "", "GET", path, "")
		count++
	}
	if count < 20 {
		t.Errorf("%d reads", count)
	}
	all := c.server.Exchanges()
	for _, x := range all {
		if got := x.ResponseHeader.Get("X-Request-Id"); got != fmt.Sprint("asctest-", x.ID) {
			t.Errorf("exchange %d has X-Request-Id %q", x.ID, got)
		}
	}
}
