package wrapper_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func ExampleAPIError_HasCode() {
	fake, client, stop := sandboxClient()
	defer stop()
	fake.FailNext(asctest.Fault{Status: 403, Code: "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"})

	_, err := client.MarketplaceWebhooks.List(context.Background())
	apiErr, ok := errors.AsType[*wrapper.APIError](err)
	if ok && apiErr.HasCode("FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED") {
		fmt.Println("somebody has to accept an agreement")
	}
	// Output: somebody has to accept an agreement
}

func ExampleAPIError_rateLimited() {
	fake, client, stop := sandboxClient()
	defer stop()
	fake.FailNext(asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {"3600"}}})

	_, err := client.MarketplaceWebhooks.List(context.Background())
	if limited, ok := errors.AsType[*wrapper.APIError](err); ok && errors.Is(err, wrapper.ErrRateLimited) {
		fmt.Println("come back in", time.Until(limited.RetryAt).Round(time.Minute))
	}
	// Output: come back in 1h0m0s
}

func ExampleAPIError_notAuthorized() {
	fake, client, stop := sandboxClient()
	defer stop()
	fake.FailNext(asctest.Fault{Status: 401, Times: -1})

	_, err := client.MarketplaceWebhooks.List(context.Background())
	if refused, ok := errors.AsType[*wrapper.APIError](err); ok && errors.Is(err, wrapper.ErrNotAuthorized) {
		fmt.Println("check the key; the clock is off by", refused.ClockSkew.Round(time.Minute))
	}
	// Output: check the key; the clock is off by 0s
}

func ExampleOutcomeUnknownError() {
	fake, client, stop := sandboxClient()
	defer stop()
	_ = fake.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil })
	fake.FailNext(asctest.Fault{Kind: asctest.FaultResetBeforeHeaders, Applied: true})

	ctx := context.Background()
	_, err := client.MarketplaceWebhooks.Create(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: "https://marketplace.example/notifications", Secret: wrapper.NewSecret("secret"),
	})
	if _, ok := errors.AsType[*wrapper.OutcomeUnknownError](err); ok {
		webhook, err := client.MarketplaceWebhooks.Get(ctx)
		fmt.Println("it was carried out:", webhook.EndpointURL, err)
	}
	// Output: it was carried out: https://marketplace.example/notifications <nil>
}
