package asctest_test

import (
	"fmt"

	"github.com/ascmarketplace/webhooks/asctest"
)

func ExampleOperations() {
	for _, operation := range asctest.Operations()[:4] {
		fmt.Println(operation)
	}
	// Output:
	// marketplaceWebhooks_getCollection
	// marketplaceWebhooks_createInstance
	// marketplaceWebhooks_updateInstance
	// marketplaceWebhooks_deleteInstance
}

func ExampleHandler_ExchangesAfter() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t)
	url := server.URL + "/v1/marketplaceWebhooks"
	call(server.Client(), server.Key(), "GET", url, "")
	seen := server.Exchanges()[0].ID
	call(server.Client(), server.Key(), "POST", url, createBody)
	for _, r := range server.ExchangesAfter(seen) {
		fmt.Println(r.Operation, r.Status)
	}
	// Output: marketplaceWebhooks_createInstance 201
}

func ExampleHandler_Registered() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.WithApp("6478000001"))
	call(server.Client(), server.Key(), "POST", server.URL+"/v1/marketplaceWebhooks", createBody)
	registered := server.Registered()
	fmt.Println(registered.MarketplaceWebhook.EndpointURL, registered.Apps, len(registered.Webhooks))
	// Output: https://example.com/in [6478000001] 0
}

func ExampleHandler_Reset() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.WithApp("6478000001"))
	call(server.Client(), server.Key(), "POST", server.URL+"/v1/marketplaceWebhooks", createBody)
	server.FailNext(asctest.Fault{Times: -1})
	server.Reset()
	_, registered := server.MarketplaceWebhook()
	fmt.Println(registered, len(server.Exchanges()), len(server.Faults()), server.Apps())
	// Output: false 0 0 [6478000001]
}
