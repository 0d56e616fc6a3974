package openapi_test

import (
	"fmt"
	"log"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/openapi"
)

// summary reads a document with any parser of OpenAPI.
func summary(document []byte) string {
	parsed, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
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
