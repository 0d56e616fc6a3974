package asctest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// In these examples t stands for the *testing.T of a test, and call for what
// a service under test does.
func ExampleNewServer() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t)
	fmt.Println(call(server.Client(), server.Key(), "POST", server.URL+"/v1/marketplaceWebhooks", createBody))

	webhook, ok := server.MarketplaceWebhook()
	fmt.Println(webhook.EndpointURL, ok)
	// Output:
	// 201
	// https://example.com/in true
}

func ExampleNew() {
	handler, err := asctest.New(asctest.Settings{RateLimit: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	fmt.Println(call(server.Client(), handler.Key(), "GET", server.URL+"/v1/marketplaceWebhooks", ""))
	// Output: 200
}

func ExampleNewPipeServer() {
	t := begin() // in a test: inside synctest.Test, where waiting costs nothing
	defer t.end()

	server := asctest.NewPipeServer(t)
	server.FailNext(asctest.Fault{Kind: asctest.FaultLate, Delay: time.Millisecond})
	fmt.Println(server.URL, call(server.Client(), server.Key(), "GET", server.URL+"/v1/marketplaceWebhooks", ""))
	// Output: http://localhost 200
}

func ExampleHandler_FailNext() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t)
	server.FailNext(
		asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 503, Applied: true}, // created, but the response is lost
		asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}},
		asctest.Fault{Kind: asctest.FaultHTMLPage, Times: -1},
	)
	url := server.URL + "/v1/marketplaceWebhooks"
	fmt.Println(call(server.Client(), server.Key(), "POST", url, createBody))
	fmt.Println(call(server.Client(), server.Key(), "GET", url, ""))
	fmt.Println(call(server.Client(), server.Key(), "GET", url, ""))
	_ = server.Update(func(s *asctest.State) { s.Faults = nil })
	fmt.Println(call(server.Client(), server.Key(), "GET", url, ""))

	_, registered := server.MarketplaceWebhook()
	fmt.Println(registered)
	// Output:
	// 503
	// 429
	// 502
	// 200
	// true
}

func ExampleSettings_faults() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
		if r.Query == "limit=2" {
			return &asctest.Fault{Kind: asctest.FaultPlainText}
		}
		return nil
	}})
	url := server.URL + "/v1/marketplaceWebhooks"
	fmt.Println(call(server.Client(), server.Key(), "GET", url+"?limit=1", ""))
	fmt.Println(call(server.Client(), server.Key(), "GET", url+"?limit=2", ""))
	// Output:
	// 200
	// 502
}

func ExampleFaultKinds() {
	fmt.Println(len(asctest.FaultKinds()) > 10, asctest.FaultKinds()[1])
	// Output: true late
}

func ExampleHandler_Exchanges() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t)
	unknown := asctest.NewServer(t).Key()
	call(server.Client(), unknown, "GET", server.URL+"/v1/marketplaceWebhooks?limit=1", "")
	for _, r := range server.Exchanges() {
		fmt.Println(r.Operation, r.Method, r.Path, r.Query, r.Status, r.Reason)
	}
	// Output: marketplaceWebhooks_getCollection GET /v1/marketplaceWebhooks limit=1 401 token: kid names no accepted key
}

func ExampleHandler_Update() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t)
	url := server.URL + "/v1/marketplaceWebhooks"
	err := server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = &asctest.MarketplaceWebhook{EndpointURL: "https://example.com/in", Secret: "This is my secret"}
	})
	fmt.Println(call(server.Client(), server.Key(), "POST", url, createBody), err) // there is one already
	err = server.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil })
	fmt.Println(call(server.Client(), server.Key(), "POST", url, createBody), err)
	// Output:
	// 409 <nil>
	// 201 <nil>
}

func ExampleHandler_State() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.WithApp("6478000001"))
	call(server.Client(), server.Key(), "POST", server.URL+"/v1/marketplaceWebhooks", createBody)
	state := server.State()
	fmt.Println(state.MarketplaceWebhook.EndpointURL, state.Apps, len(state.Webhooks))
	// Output: https://example.com/in [6478000001] 0
}

func ExampleKey() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.Key{}, asctest.Key{}) // fresh ones
	first, second := server.State().Keys[0], server.State().Keys[1]
	url := server.URL + "/v1/marketplaceWebhooks"
	fmt.Println(call(server.Client(), second, "GET", url, ""))
	if err := server.Update(func(s *asctest.State) { s.Keys = s.Keys[:1] }); err != nil { // the second is revoked
		fmt.Println(err)
	}
	fmt.Println(call(server.Client(), second, "GET", url, ""))
	fmt.Println(string(first.PEM()[:27]))
	// Output:
	// 200
	// 401
	// -----BEGIN PRIVATE KEY-----
}

func ExampleTransport() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t)
	client := &http.Client{Transport: asctest.Transport(t, server.Client().Transport)}
	call(client, server.Key(), "GET", server.URL+"/v1/marketplaceWebhooks?limit=500", "")
	// Output: test failed: asctest: marketplaceWebhooks_getCollection request: parameter limit: maximum: number must be at most 200
}

func ExampleState() {
	fake, err := asctest.New(asctest.State{
		Apps:     []string{"6478000001"},
		Settings: asctest.Settings{RateLimit: 100},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = fake.Update(func(state *asctest.State) { state.Settings.Skew = time.Hour }) // while it runs
	fmt.Println(fake.State().Apps, fake.State().Settings.RateLimit, err)
	// Output: [6478000001] 100 <nil>
}
