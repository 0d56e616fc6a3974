package openapi_test

import (
	"fmt"
	"log"

	"gopkg.in/yaml.v3"

	"github.com/ascmarketplace/webhooks/openapi"
)

// summary reads a document with any YAML parser.
func summary(document []byte) string {
	var parsed struct {
		OpenAPI string
		Info    struct{ Title string }
	}
	if err := yaml.Unmarshal(document, &parsed); err != nil {
		log.Fatal(err)
	}
	return parsed.OpenAPI + ": " + parsed.Info.Title
}

func ExampleAppStoreConnect() {
	fmt.Println(summary(openapi.AppStoreConnect()))
	// Output: 3.0.1: App Store Connect API, trimmed
}

func ExampleNotifications() {
	fmt.Println(summary(openapi.Notifications()))
	// Output: 3.1.0: Notifications from App Store Connect
}

func ExampleSandbox() {
	fmt.Println(summary(openapi.Sandbox()))
	// Output: 3.0.3: Control API of the sandbox
}
