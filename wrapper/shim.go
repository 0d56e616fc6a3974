package wrapper

import (
	"errors"
	"time"
)

var ErrNotAuthorized = errors.New("not authorized")

func newOtherEndpointError(w Webhook) *OtherEndpointError {
	return &OtherEndpointError{Existing: MarketplaceWebhook{ID: w.ID, EndpointURL: w.URL}}
}

func retryAt(err error) time.Time {
	if l, ok := errors.AsType[*RateLimitedError](err); ok {
		return l.RetryAt
	}
	return time.Time{}
}
