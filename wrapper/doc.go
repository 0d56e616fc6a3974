// Package wrapper registers, reads, changes and removes the webhook to which
// App Store Connect posts notifications for alternative app marketplaces.
//
//	tokens, err := auth.NewTokenSource(key)
//	...
//	client, err := wrapper.NewClient(tokens)
//	...
//	result, err := client.MarketplaceWebhooks.Ensure(ctx, wrapper.MarketplaceWebhookParams{
//		EndpointURL: "https://marketplace.example/notifications",
//		Secret:      wrapper.NewSecret(secret),
//	})
//
// A call ends in one of three ways: done; refused, with an error that says
// why and that code can act on; or, when the answer to a Create was lost,
// unknown, with an OutcomeUnknownError. Whatever is safe to try again is tried
// again, within the limits of Retry and of the call's context; an Update or a
// Delete that fails for another reason may simply be called again.
//
//	unknown, ok := errors.AsType[*wrapper.OutcomeUnknownError](err)
//	switch {
//	case ok:
//		log.Print("look before creating again, or use Ensure: ", unknown)
//	case errors.Is(err, wrapper.ErrNotFound):
//		log.Print("no such webhook")
//	}
//
// Errors and logs hold no token, no secret and no request body. Nothing is
// sent but over TLS (loopback excepted), and no redirect is followed.
//
// Apple has deprecated marketplaceWebhooks in favour of /v1/webhooks (API 4.0
// and later), without announcing a removal. The operations here go on to work
// as long as Apple serves them.
package wrapper
