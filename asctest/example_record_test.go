package asctest_test

import (
	"fmt"
	"sync"

	"github.com/ascmarketplace/webhooks/asctest"
)

func ExampleHandler_Since() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t)
	url := server.URL + "/v1/marketplaceWebhooks"
	call(server.Client(), server.Key(), "GET", url, "")
	seen := server.Since(0)
	var calls sync.WaitGroup
	calls.Go(func() { call(server.Client(), server.Key(), "POST", url, createBody) })
	<-seen.More // waits for the call
	for _, r := range server.Since(seen.Number).Exchanges {
		fmt.Println(r.Operation, r.Status)
	}
	calls.Wait()
	// Output: marketplaceWebhooks_createInstance 201
}

func ExampleHandler_Reset() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.WithApp("6478000001"))
	call(server.Client(), server.Key(), "POST", server.URL+"/v1/marketplaceWebhooks", createBody)
	server.FailNext(asctest.Fault{Times: -1})
	server.Reset()
	_, registered := server.MarketplaceWebhook()
	fmt.Println(registered, len(server.Exchanges()), len(server.State().Faults), server.State().Apps)
	// Output: false 0 0 [6478000001]
}
