// Package asctest is App Store Connect in memory, for tests of services that
// use its marketplace webhooks. It verifies tokens, keeps one webhook, answers
// with Apple's error codes, fails on demand, and holds every request and every
// answer of its own against the OpenAPI document.
//
// A test of your own service:
//
//	func TestRegistersItsWebhook(t *testing.T) {
//		server := asctest.NewServer(t) // closed when the test ends
//		key := server.Key()
//		service := NewService(server.URL, key.ID, key.IssuerID, key.PEM())
//		service.HTTPClient = &http.Client{Transport: asctest.Transport(t, server.Client().Transport)}
//
//		server.FailNext(asctest.Fault{Operation: asctest.Create, Status: 503, Applied: true})
//		if err := service.Register(t.Context()); err != nil {
//			t.Fatal(err)
//		}
//		webhook, ok := server.Webhook()
//		if !ok || webhook.EndpointURL != service.EndpointURL {
//			t.Errorf("registered %q", webhook.EndpointURL)
//		}
//	}
//
// Notify posts a signed notification to the endpoint that was registered;
// Delivery does it twice, forged, or with an old secret. NewPipeServer works
// inside testing/synctest, New gives the plain http.Handler. What Apple does not document is assumed, and says so where it
// is: the answer to a second create, an empty secret, how far iat may be ahead.
package asctest
