package spec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// upstreamFile finds Apple's document beside the module; it is in no repository.
func upstreamFile(t *testing.T, version string) string {
	t.Helper()
	name := filepath.Join("..", "..", "..", "shared", "upstream", "app-store-connect-"+version+".json")
	if _, err := os.Stat(name); err != nil {
		t.Skip("Apple's document is not here: ", err)
	}
	return name
}

func openUpstream(t *testing.T, version string) (*Document, Ledger, error) {
	t.Helper()
	kept, err := ReadKept("../../openapi/kept.yaml")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := ReadOverlay("../../openapi/overlay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return Open(upstreamFile(t, version), kept, overlay)
}

// The successor came with 4.0, so an older document lacks its operations.
func TestOlderDocumentLacksTheSuccessor(t *testing.T) {
	_, _, err := openUpstream(t, "3.7.0")
	want := "API version 3.7.0 lacks the operations apps_webhooks_getToManyRelated, webhookDeliveries_"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s...", err, want)
	}
}

// edited returns the committed document, and a copy in which each text has
// become the one after it, wherever it stands.
func edited(t *testing.T, texts ...string) (committed, changed *Document) {
	t.Helper()
	committed, _, err := Open(filepath.Join("../..", CommittedDocument), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := string(committed.YAML)
	for i := 0; i < len(texts); i += 2 {
		if !strings.Contains(text, texts[i]) {
			t.Fatalf("the committed document has no %q", texts[i])
		}
		text = strings.ReplaceAll(text, texts[i], texts[i+1])
	}
	if changed, err = parseDocument([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return committed, changed
}

const (
	appPath    = "  /v1/apps/{id}/webhooks:\n"
	getApp     = "      operationId: apps_webhooks_getToManyRelated\n"
	deleteOld  = "    delete:\n      operationId: marketplaceWebhooks_deleteInstance\n"
	required   = "required: [endpointUrl, secret]"
	secret     = "                secret:\n                  type: string\n"
	filter     = "        - name: filter[deliveryState]\n          in: query\n          style: form\n          explode: false\n"
	nextCursor = "            nextCursor:\n"
)

// What may break a caller is never called compatible, whether oasdiff's changelog names it or not.
func TestCompareOfTheDocument(t *testing.T) {
	tool := installed(t)
	for _, test := range []struct {
		name     string
		texts    []string
		verdict  Verdict
		silences int // how many differences the changelog does not name
		want     string
	}{
		{"another server", []string{"url: https://api.appstoreconnect.apple.com", "url: https://elsewhere.example"},
			Breaking, 1, `  breaking    #/servers/0/url: was "https://api.appstoreconnect.apple.com`},
		{"a server of a path", []string{appPath, appPath + "    servers:\n      - url: https://elsewhere.example\n"},
			Breaking, 1, `#/paths/~1v1~1apps~1{id}~1webhooks/servers: added [{"url":"https://elsewhere.example"}]`},
		{"a server of an operation", []string{getApp, getApp + "      servers:\n        - url: https://elsewhere.example\n"},
			Breaking, 1, `#/paths/~1v1~1apps~1{id}~1webhooks/get/servers: added [{"url":"https://elsewhere.example"}]`},
		{"a required name in a request that no property declares",
			[]string{required, "required: [endpointUrl, secret, owner]"},
			Breaking, 1, `MarketplaceWebhookCreateRequest/properties/data/properties/attributes/required: added "owner"`},
		{"style", []string{filter, strings.Replace(filter, "style: form", "style: pipeDelimited", 1)},
			Breaking, 1, `/style: was "form", is "pipeDelimited"`},
		{"explode", []string{filter, strings.Replace(filter, "explode: false", "explode: true", 1)},
			Breaking, 1, "/explode: was false, is true"},
		{"a silent change beside one that the changelog names",
			[]string{nextCursor, "            another:\n              type: string\n" + nextCursor,
				"List an app's webhooks.", "List them."},
			Breaking, 1, `#/paths/~1v1~1apps~1{id}~1webhooks/get/summary: was "List an app's webhooks.", is "List them."`},
		{"a component that nothing uses", []string{"  schemas:\n", "  schemas:\n    Aaa:\n      type: object\n"},
			Breaking, 1, "  breaking    components that no operation uses\n"},
		{"a property that becomes optional", []string{"required: [code, status, title]", "required: [code, status]"},
			Breaking, 0, "  breaking    the response property `errors/items/title` became optional for the status `400`\n"},
		{"a new required property", []string{required, "required: [endpointUrl, owner, secret]",
			secret, strings.ReplaceAll(secret, "secret", "owner") + secret},
			Breaking, 0, "  breaking    added the new required request property `data/attributes/owner`"},
		{"an operation that was deprecated before it went", []string{deleteOld, "    x-was:\n      operationId: no longer\n"},
			Breaking, 1, "  breaking    api removed with deprecation\n              DELETE /v1/marketplaceWebhooks/{id}\n"},
		{"a request property that goes, of which oasdiff only warns",
			[]string{"                secret:\n                  type: string\n                  nullable: true\n", ""},
			Breaking, 0, "  breaking    removed the request property `data/attributes/secret`"},
		{"a schema that is deprecated",
			[]string{"    WebhookPingCreateRequest:\n", "    WebhookPingCreateRequest:\n      deprecated: true\n"},
			Compatible, 1, "  compatible  #/components/schemas/WebhookPingCreateRequest/deprecated: added true\n"},
		{"a new optional property", []string{nextCursor, "            another:\n              type: string\n" + nextCursor},
			Compatible, 0, "  compatible  added the optional property `"},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to := edited(t, test.texts...)
			report := Report{From: "1", To: "2"}
			if err := report.compare(t.Context(), tool, unversioned(from.Root), unversioned(to.Root)); err != nil {
				t.Fatal(err)
			}
			if got := report.Verdict(); got != test.verdict {
				t.Errorf("verdict: %v, want %v", got, test.verdict)
			}
			if got := len(report.Silent); got != test.silences {
				t.Errorf("the changelog is silent on %d differences, want %d: %v", got, test.silences, report.Silent)
			}
			if got := report.String(); !strings.Contains(got, test.want) || strings.Contains(got, "version is still") {
				t.Errorf("no %q, or a word on versions, in\n%s", test.want, got)
			}
		})
	}
}

func installed(t *testing.T) oasdiff {
	t.Helper()
	needTools(t)
	tool, err := installOasdiff(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return tool
}

func needTools(t *testing.T) {
	t.Helper()
	if os.Getenv("SPEC_DIFF_TEST") == "" {
		t.Skip("runs tools that the go command fetches: set SPEC_DIFF_TEST=1, or make spec-test")
	}
}

func TestCompareReportsGoNames(t *testing.T) {
	needTools(t)
	from, to := edited(t, required, "required: [secret, url]",
		"endpointUrl:\n", "url:\n")
	report, err := Compare(t.Context(), "../..", from, to)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(report.String(), "\n")
	for _, want := range []string{
		"  breaking    MarketplaceWebhookAttributes.EndpointURL: removed",
		"  compatible  MarketplaceWebhookAttributes.URL: added",
		"  breaking    does not compile with the new gen",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q in\n%s", want, report)
		}
	}
	committed, err := os.ReadFile("../../gen/gen.go")
	if err != nil || !strings.Contains(string(committed), "EndpointURL") {
		t.Errorf("gen.go itself has changed: %v", err)
	}
}

// What the generator cannot take breaks: a schema that contains itself, for one.
func TestCompareReportsWhatDoesNotGenerateOrCompile(t *testing.T) {
	needTools(t)
	const schema = "    ResourceLinks:\n      type: object\n      properties:\n"
	from, to := edited(t, schema, schema+"        links:\n          $ref: '#/components/schemas/ResourceLinks'\n")
	report, err := Compare(t.Context(), "../..", from, to)
	if err != nil {
		t.Fatal(err)
	}
	if want := "  breaking    the generator does not take the new document\n"; !strings.Contains(report.String(), want) {
		t.Errorf("no %q in\n%s", want, report)
	}
}

// The report in docs/when-apple-changes-the-document.md is the tool's own, for
// a document without what Apple added to marketplaceWebhooks from 3.7.0 to 4.4.1.
func TestCompareTellsTheStoryOfOneUpgrade(t *testing.T) {
	needTools(t)
	committed, _ := edited(t)
	root := copyOf(committed.Root)
	operations(root, func(path, method string, operation map[string]any) {
		if strings.HasPrefix(path, "/v1/marketplaceWebhooks") {
			responses := object(t, operation, "responses")
			if method == "delete" {
				responses["409"] = responses["429"]
			}
			delete(responses, "429")
			delete(operation, "deprecated")
		}
	})
	for name, schema := range object(t, root, "components", "schemas") {
		if strings.HasPrefix(name, "MarketplaceWebhook") {
			delete(schema.(map[string]any), "deprecated")
		}
	}
	attributes := object(t, schemaOf(t, root, "MarketplaceWebhookUpdateRequest"),
		"properties", "data", "properties", "attributes", "properties")
	delete(object(t, attributes, "endpointUrl"), "nullable")
	delete(object(t, attributes, "secret"), "nullable")
	text, err := render(root)
	if err != nil {
		t.Fatal(err)
	}
	before, err := parseDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	before.Version = "3.7.0"
	report, err := Compare(t.Context(), "../..", before, committed)
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Verdict(); got != Compatible {
		t.Errorf("verdict: %s", got)
	}
	story, err := os.ReadFile("../../docs/when-apple-changes-the-document.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(story), "\n"+report.String()) {
		t.Errorf("the story tells another report than\n%s", report)
	}
}

func TestCompareOfTheSameRunsNothing(t *testing.T) {
	document, _ := trimOrders(t, nil)
	other := *document
	other.Root = copyOf(document.Root)
	other.Version, object(t, other.Root, "info")["version"] = "9.9.9", "9.9.9"
	report, err := Compare(t.Context(), "/nowhere", document, &other)
	if err != nil || report.Verdict() != Nothing {
		t.Errorf("%v, %v", report, err)
	}
}
