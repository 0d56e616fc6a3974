// Package wrapper registers, reads, changes and removes webhooks with App
// Store Connect. It wraps the client that is generated from Apple's OpenAPI
// document: it adds tokens, safe retries and typed errors.
//
//	tokens, err := auth.NewTokenSource(key)
//	...
//	client, err := wrapper.NewClient(tokens)
//	...
//	result, err := client.Webhooks.Ensure(ctx, appID, wrapper.WebhookParams{
//		Name:       "marketplace notifications",
//		URL:        "https://marketplace.example/notifications",
//		Secret:     wrapper.NewSecret(secret),
//		EventTypes: wrapper.MarketplaceEvents(),
//	})
//
// Webhooks.KeepUp does more: it keeps the webhook registered and hands over what
// its receiver missed, for as long as a service runs. Builds, AppStoreVersions,
// PackageVersions and the other resources of Client read what an event is about.
//
// A call ends in one of three ways: done; refused, with an error that says
// why and that code can act on; or, when the response to a Create or Redeliver
// was lost, with an OutcomeUnknownError. Whatever is safe to try again is tried
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
// sent except over TLS (loopback and the host of WithPlainHTTP excepted), and no
// redirect is followed.
//
// Client.MarketplaceWebhooks is the older resource, which Apple has deprecated
// in favour of Client.Webhooks without announcing its removal. It works as long
// as Apple serves it.
package wrapper
