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

func openUpstream(t *testing.T, version string) (*Document, Ledger) {
	t.Helper()
	kept, err := ReadKept("../../openapi/kept.yaml")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := ReadOverlay("../../openapi/overlay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, ledger, err := Open(upstreamFile(t, version), kept, overlay)
	if err != nil {
		t.Fatal(err)
	}
	return document, ledger
}

// The successor came with 4.0, so an older document lacks its operations.
func TestOlderDocumentLacksTheSuccessor(t *testing.T) {
	kept, err := ReadKept("../../openapi/kept.yaml")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := ReadOverlay("../../openapi/overlay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Open(upstreamFile(t, "3.7.0"), kept, overlay)
	if want := "API version 3.7.0 lacks the operations apps_webhooks_getToManyRelated, webhookDeliveries_"; err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s...", err, want)
	}
}

func TestCompareFindsWhatBreaks(t *testing.T) {
	committed, _, err := Open(filepath.Join("../..", CommittedDocument), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.ReplaceAll(string(committed.YAML), "required: [code, status, title]", "required: [code, status]")
	edited = strings.ReplaceAll(edited, "endpointUrl:\n", "url:\n")
	edited = strings.ReplaceAll(edited, "required: [endpointUrl, secret]", "required: [url, secret]")
	to, err := parseDocument([]byte(edited))
	if err != nil {
		t.Fatal(err)
	}
	report := compare(t, committed, to)
	if report.Verdict() != Breaking {
		t.Errorf("verdict: %s", report.Verdict())
	}
	for _, want := range []string{
		"  breaking    title no longer required",
		"  breaking    data.attributes.url added and required (string)",
		"  breaking    MarketplaceWebhookAttributes.EndpointURL: removed",
		"  compatible  MarketplaceWebhookAttributes.URL: added",
	} {
		if !slices.Contains(strings.Split(report.String(), "\n"), want) {
			t.Errorf("no line %q in\n%s", want, report)
		}
	}
}

func TestCompareOfTheSameRunsNothing(t *testing.T) {
	document, _ := trimOrders(t, nil)
	report, err := Compare(t.Context(), "/nowhere", document, document)
	if err != nil || report.Verdict() != Nothing {
		t.Errorf("%v, %v", report, err)
	}
}

func compare(t *testing.T, from, to *Document) *Report {
	t.Helper()
	if os.Getenv("SPEC_DIFF_TEST") == "" {
		t.Skip("runs tools that the go command fetches: set SPEC_DIFF_TEST=1, or make spec-test")
	}
	report, err := Compare(t.Context(), "../..", from, to)
	if err != nil {
		t.Fatal(err)
	}
	return report
}
