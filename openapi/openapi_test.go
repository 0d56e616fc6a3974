package openapi_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/ascmarketplace/webhooks/openapi"
)

// TestAppStoreConnect: what is embedded is the document beside it.
func TestAppStoreConnect(t *testing.T) {
	document, err := os.ReadFile("app-store-connect.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(openapi.AppStoreConnect(), document) {
		t.Error("app-store-connect.yaml.gz is not what app-store-connect.yaml compresses to: run make generate")
	}
}
