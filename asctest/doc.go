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
// # What there is
//
// Options are what it starts with: the account's marketplace webhook
// ([MarketplaceWebhook]), apps with webhooks of their own ([WithApp], [Webhook]),
// package versions with files to download ([PackageVersion]), and as a [Resource]
// anything else that the document has a read for. [Settings] say how it behaves.
//
// [Handler.Notify] posts a signed notification to each recipient of its event.
// [Handler.Sign] returns it instead, to be sent twice, forged, or with an old
// secret. [Handler.Exchanges] and [Handler.Deliveries] are the record of what
// arrived and of what was posted.
//
// [NewServer] serves on loopback. [NewPipeServer] works inside testing/synctest,
// where a DeliveryTransport in [Settings] reaches the receiver. [New] returns the
// plain http.Handler.
//
// # What is assumed
//
// What Apple does not document is assumed, and the comments say where: the
// responses to a second create and to an empty secret, how far iat may be ahead,
// how long a receiver may take, and that a delivery can be redelivered once.
package asctest
