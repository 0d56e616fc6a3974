// Package asctest is App Store Connect in memory, for tests of services that
// use its webhooks. It verifies tokens, responds with Apple's error codes, fails
// on demand, and validates every request and every response of its own against
// the OpenAPI document.
//
// A test of your own service:
//
//	func TestRegistersItsWebhook(t *testing.T) {
//		server := asctest.NewServer(t) // closed when the test ends
//		key := server.Key()
//		service := NewService(server.URL, key.ID, key.IssuerID, key.PEM())
//		service.HTTPClient = &http.Client{Transport: asctest.Transport(t, server.Client().Transport)}
//
//		server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 503, Applied: true})
//		if err := service.Register(t.Context()); err != nil {
//			t.Fatal(err)
//		}
//		webhook, ok := server.MarketplaceWebhook()
//		if !ok || webhook.EndpointURL != service.EndpointURL {
//			t.Errorf("registered %q", webhook.EndpointURL)
//		}
//	}
//
// It has the account's marketplace webhook ([MarketplaceWebhook]), and apps with
// webhooks of their own ([WithApp], [Webhook]): pings, deliveries, redeliveries and package
// versions with their downloads. Anything else that the document has a read for is a [Resource]. Notify posts a signed notification to whoever
// receives its event; Sign gives it, to be sent twice, forged, or with an old secret.
// Exchanges and Deliveries are the record of what arrived and of what was posted.
// NewPipeServer works inside testing/synctest, there with a DeliveryTransport in [Settings];
// New gives the plain http.Handler. What Apple does not document is assumed, and
// the comments say where: what a second create gets, an empty secret, how far iat
// may be ahead, how long a receiver may take, that a delivery is sent again once.
package asctest
