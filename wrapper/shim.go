package wrapper

func newOtherEndpointError(w Webhook) *OtherEndpointError {
	return &OtherEndpointError{Existing: MarketplaceWebhook{ID: w.ID, EndpointURL: w.URL}}
}
