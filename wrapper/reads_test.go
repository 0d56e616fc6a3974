package wrapper_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/racetest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// subjects are the reads of what events are about: a new one is a line here, and all tests below cover it.
var subjects = map[asctest.Operation]func(ctx context.Context, c *wrapper.Client, id string) (any, error){
	"alternativeDistributionPackages_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.Packages.Get(ctx, id)
	},
	"alternativeDistributionPackages_versions_getToManyRelated": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return first(c.Packages.Versions(ctx, id))
	},
	"alternativeDistributionPackageVersions_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.PackageVersions.Get(ctx, id)
	},
	"alternativeDistributionPackageVersions_variants_getToManyRelated": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return first(c.PackageVersions.Variants(ctx, id))
	},
	"alternativeDistributionPackageVersions_deltas_getToManyRelated": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return first(c.PackageVersions.Deltas(ctx, id))
	},
	"apps_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) { return c.Apps.Get(ctx, id) },
	"apps_getCollection": func(ctx context.Context, c *wrapper.Client, _ string) (any, error) {
		return c.Apps.ByBundleID(ctx, "text")
	},
	"appStoreVersions_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.AppStoreVersions.Get(ctx, id)
	},
	"builds_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) { return c.Builds.Get(ctx, id) },
	"buildUploads_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.Builds.Upload(ctx, id)
	},
	"buildBetaDetails_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.Builds.BetaDetail(ctx, id)
	},
	"betaFeedbackCrashSubmissions_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.BetaFeedback.Crash(ctx, id)
	},
	"betaFeedbackCrashSubmissions_crashLog_getToOneRelated": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.BetaFeedback.CrashLog(ctx, id)
	},
	"betaFeedbackScreenshotSubmissions_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.BetaFeedback.Screenshot(ctx, id)
	},
	"backgroundAssetVersions_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.BackgroundAssets.Version(ctx, id)
	},
	"backgroundAssetVersionInternalBetaReleases_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.BackgroundAssets.InternalBetaRelease(ctx, id)
	},
	"backgroundAssetVersionExternalBetaReleases_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.BackgroundAssets.ExternalBetaRelease(ctx, id)
	},
	"backgroundAssetVersionAppStoreReleases_getInstance": func(ctx context.Context, c *wrapper.Client, id string) (any, error) {
		return c.BackgroundAssets.AppStoreRelease(ctx, id)
	},
}

// left out has what a read's result never holds, of what its type has.
var leftOut = map[asctest.Operation][]string{
	"alternativeDistributionPackages_versions_getToManyRelated": {".AlternativeDistributionKeyBlob"},
	"alternativeDistributionPackageVersions_getInstance":        {".AlternativeDistributionKeyBlob"},
	"appStoreVersions_getInstance":                              {".Build.App", ".Build.PreReleaseVersion"},
	"buildUploads_getInstance":                                  {".Build.App", ".Build.PreReleaseVersion"},
	"buildBetaDetails_getInstance":                              {".Build.App", ".Build.PreReleaseVersion"},
	"betaFeedbackCrashSubmissions_getInstance":                  {".Build.App", ".Build.PreReleaseVersion", ".Screenshots"},
	"betaFeedbackScreenshotSubmissions_getInstance":             {".Build.App", ".Build.PreReleaseVersion"},
	"backgroundAssetVersionInternalBetaReleases_getInstance":    {".Version.Asset"},
	"backgroundAssetVersionExternalBetaReleases_getInstance":    {".Version.Asset"},
	"backgroundAssetVersionAppStoreReleases_getInstance":        {".Version.Asset"},
}

func first[T any](all iter.Seq2[T, error]) (any, error) {
	for item, err := range all {
		return item, err
	}
	return nil, errors.New("the sequence is empty")
}

const subjectID = "6446048195"

// respondingWith returns a client whose every request gets the response. Both are checked by the document.
func respondingWith(t *testing.T, status int, body any, opts ...wrapper.Option) (*wrapper.Client, *[]string) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		routes = append(routes, req.Method+" "+req.URL.Path)
		return newCanned(status, string(encoded)).RoundTrip(req)
	})
	checked := &http.Client{Transport: asctest.Transport(t, transport)}
	return newClient(t, fixedToken("token"), append([]wrapper.Option{wrapper.WithHTTPClient(checked), once}, opts...)...), &routes
}

// TestReadsAreWhatTheDocumentSays: each asks for what its operation offers, takes a response that has everything, and
// returns all of it.
func TestReadsAreWhatTheDocumentSays(t *testing.T) {
	for id, operation := range documented(t) {
		call := subjects[id]
		if call == nil {
			continue
		}
		t.Run(string(id), func(t *testing.T) {
			client, routes := respondingWith(t, http.StatusOK, exampleOf(operation))
			got, err := call(t.Context(), client, subjectID)
			if err != nil {
				t.Fatal(err)
			}
			want := operation.Method + " " + strings.ReplaceAll(operation.Path, "{id}", subjectID)
			if !slices.Equal(*routes, []string{want}) {
				t.Errorf("sent %q, want %s", *routes, want)
			}
			empty := slices.Collect(emptyMembers(reflect.ValueOf(got), ""))
			if !slices.Equal(empty, leftOut[id]) {
				t.Errorf("empty are %q, want %q in %+v", empty, leftOut[id], got)
			}
		})
	}
}

// TestReadsThatAreRefused: every status that the document lists is an error with that status.
func TestReadsThatAreRefused(t *testing.T) {
	for id, operation := range documented(t) {
		for status := range operation.Responses.Map() {
			code, _ := strconv.Atoi(status)
			if subjects[id] == nil || code < 300 {
				continue
			}
			body := map[string]any{"errors": []any{map[string]any{"status": status, "code": "CODE", "title": "title"}}}
			client, _ := respondingWith(t, code, body)
			_, err := subjects[id](t.Context(), client, subjectID)
			if apiErr, ok := errors.AsType[*wrapper.APIError](err); !ok || apiErr.StatusCode != code || !apiErr.HasCode("CODE") {
				t.Errorf("%s: got %v, want %d", id, err, code)
			}
		}
	}
}

// TestOddReads: another type or ID than was asked for is an invalid response, and what no ID can be is not sent.
func TestOddReads(t *testing.T) {
	for id, operation := range documented(t) {
		if subjects[id] == nil {
			continue
		}
		for member, odd := range map[string]string{"type": "odd", "id": "another"} {
			body := exampleOf(operation)
			data, isOne := body["data"].(map[string]any)
			if !isOne {
				data = body["data"].([]any)[0].(map[string]any)
			}
			data[member] = odd
			client := cannedClient(t, newCanned(http.StatusOK, encode(t, body)), once)
			_, err := subjects[id](t.Context(), client, subjectID)
			checked := member == "type" || strings.HasSuffix(operation.Path, "/{id}")
			if is[*wrapper.UnexpectedResponseError](err) != checked {
				t.Errorf("%s: another %s: got %v", id, member, err)
			}
		}
		client, requests := countingServer(t)
		if strings.Contains(operation.Path, "{id}") {
			if _, err := subjects[id](t.Context(), client, "../x"); !errors.Is(err, wrapper.ErrInvalid) || requests.Load() > 0 {
				t.Errorf("%s: got %v after %d requests, want it refused", id, err, requests.Load())
			}
		}
	}
}

// TestRelatedResourcesThatAreNotIncluded have their ID and no more, whatever else is included.
func TestRelatedResourcesThatAreNotIncluded(t *testing.T) {
	body := exampleOf(documented(t)["builds_getInstance"])
	for _, included := range []string{
		`[]`, `[{"type":"apps","id":"another","attributes":{"name":"another"}}]`,
		`[{"type":"preReleaseVersions","id":"another","attributes":{"version":"another"}}]`,
		`[{"type":"betaGroups","id":"` + subjectID + `","attributes":{"name":"a group","version":"a group"}}]`,
	} {
		body["included"] = json.RawMessage(included)
		build, err := cannedClient(t, newCanned(http.StatusOK, encode(t, body))).Builds.Get(t.Context(), subjectID)
		if err != nil || build.App != (wrapper.App{ID: subjectID}) ||
			build.PreReleaseVersion != (wrapper.PreReleaseVersion{ID: subjectID}) {
			t.Errorf("%s: got %+v, %v", included, build, err)
		}
	}
}

// TestLargeCrashLogs are read whole.
func TestLargeCrashLogs(t *testing.T) {
	if racetest.Enabled {
		t.Skip("nothing here is concurrent, and the race detector takes ten times as long")
	}
	long := strings.Repeat("x", 5<<20)
	client := cannedClient(t, newCanned(http.StatusOK, `{"data":{"type":"betaCrashLogs","id":"c","attributes":{"logText":"`+long+`"}}}`), once)
	if got, err := client.BetaFeedback.CrashLog(t.Context(), "c"); err != nil || got != long {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func encode(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// emptyMembers yields the paths of all exported members that are zero.
func emptyMembers(v reflect.Value, path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		switch {
		case v.IsZero():
			yield(path)
		case v.Kind() == reflect.Slice:
			for member := range emptyMembers(v.Index(0), path+"[0]") {
				yield(member)
			}
		case v.Kind() == reflect.Struct && v.NumField() > 0:
			for _, field := range reflect.VisibleFields(v.Type()) {
				if !field.IsExported() || len(field.Index) > 1 {
					continue
				}
				name := path + "." + field.Name
				if field.Anonymous {
					name = path
				}
				for member := range emptyMembers(v.FieldByIndex(field.Index), name) {
					yield(member)
				}
			}
		}
	}
}

// exampleOf is a success of the operation that has everything that the document allows, but for a next page.
func exampleOf(operation documentedOperation) map[string]any {
	schema := operation.Responses.Value("200").Value.Content.Get("application/json").Schema
	return example(schema.Value, "").(map[string]any)
}

func example(schema *openapi3.Schema, name string) any {
	switch {
	case len(schema.OneOf) > 0:
		return example(schema.OneOf[0].Value, name)
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Type.Is("object"):
		object := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			if name != "next" && name != "nextCursor" {
				object[name] = example(schema.Properties[name].Value, name)
			}
		}
		return object
	case schema.Type.Is("array"):
		list := []any{}
		for _, one := range append(openapi3.SchemaRefs{}, schema.Items.Value.OneOf...) {
			list = append(list, example(one.Value, ""))
		}
		if len(list) == 0 {
			list = append(list, example(schema.Items.Value, ""))
		}
		return list
	case schema.Type.Is("boolean"):
		return true
	case schema.Type.Is("string"):
		return exampleText(schema.Format, name)
	}
	return 7
}

func exampleText(format, name string) string {
	switch {
	case name == "id":
		return subjectID
	case format == "date-time":
		return "2026-11-24T10:00:00+01:00"
	case strings.HasPrefix(format, "uri"):
		return "https://cdn.example/file?accessKey=canary"
	}
	return "text"
}

// TestReadsPrintNothingPrivate: no access key of a URL, and no tester's address.
func TestReadsPrintNothingPrivate(t *testing.T) {
	for id, operation := range documented(t) {
		if subjects[id] == nil {
			continue
		}
		body := strings.ReplaceAll(encode(t, exampleOf(operation)), `"email":"text"`, `"email":"canary@example.com"`)
		got, err := subjects[id](t.Context(), cannedClient(t, newCanned(http.StatusOK, body)), subjectID)
		if err != nil {
			t.Fatal(err)
		}
		if printed := fmt.Sprintf("%v %+v %#v %q", got, got, got, got) + encode(t, got); strings.Contains(printed, "canary") {
			t.Errorf("%s: printed %s", id, printed)
		}
	}
	body := strings.ReplaceAll(encode(t, exampleOf(documented(t)["betaFeedbackCrashSubmissions_getInstance"])), `"email":"text"`, `"email":"a@b.c"`)
	crash, err := cannedClient(t, newCanned(http.StatusOK, body)).BetaFeedback.Crash(t.Context(), subjectID)
	if err != nil || crash.Email.Reveal() != "a@b.c" {
		t.Errorf("the address is %q, %v", crash.Email.Reveal(), err)
	}
}

// TestAppsByBundleID: the one with the bundle ID, on whichever page and in whichever case.
func TestAppsByBundleID(t *testing.T) {
	app := func(id, bundleID string) string {
		return `{"type":"apps","id":"` + id + `","attributes":{"bundleId":"` + bundleID + `"}}`
	}
	client, sent := scripted(t, func(n int, _ sentRequest) (int, string) {
		if n == 1 {
			return 200, `{"data":[` + app("1", "com.example.app.beta") + `],"links":{"next":"https://other.example/v1/apps?cursor=2"}}`
		}
		return 200, `{"data":[` + app("2", "com.example.App") + `]}`
	})
	got, err := client.Apps.ByBundleID(t.Context(), "com.example.app")
	if err != nil || got.ID != "2" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, request := range *sent {
		if !strings.Contains(request.URL, "filter%5BbundleId%5D=com.example.app") {
			t.Errorf("sent %s", request.URL)
		}
	}
	if _, err := client.Apps.ByBundleID(t.Context(), "com.example.other"); !errors.Is(err, wrapper.ErrNotFound) {
		t.Errorf("another: %v", err)
	}
	for _, bundleID := range []string{"", "a,b", "a b"} {
		if _, err := client.Apps.ByBundleID(t.Context(), bundleID); !errors.Is(err, wrapper.ErrInvalid) {
			t.Errorf("%q: %v", bundleID, err)
		}
	}
}
