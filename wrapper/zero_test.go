package wrapper_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestZeroErrors: an error that a test of an importer's makes up has a text,
// and can be matched and unwrapped.
func TestZeroErrors(t *testing.T) {
	for _, err := range []error{
		&wrapper.APIError{}, &wrapper.OutcomeUnknownError{}, &wrapper.UnexpectedResponseError{}, &wrapper.OtherEndpointError{},
	} {
		t.Run(fmt.Sprintf("%T", err), func(t *testing.T) {
			if err.Error() == "" {
				t.Error("no text")
			}
			targets := []error{wrapper.ErrNotFound, wrapper.ErrForbidden, wrapper.ErrConflict, wrapper.ErrInvalid, io.EOF}
			for _, target := range targets {
				if errors.Is(err, target) {
					t.Errorf("matches %v", target)
				}
			}
			if apiErr, ok := errors.AsType[*wrapper.APIError](err); ok && apiErr.HasCode("A") {
				t.Error("has a code")
			}
			_, _ = errors.AsType[*wrapper.OutcomeUnknownError](err)
			_, _ = fmt.Sprintf("%v %+v %#v", err, err, err), errors.Unwrap(err)
			_, _ = json.Marshal(err)
		})
	}
}

// TestZeroValues: everything else that is exported.
func TestZeroValues(t *testing.T) {
	for _, value := range []any{
		wrapper.Secret{}, wrapper.MarketplaceWebhook{}, wrapper.MarketplaceWebhookParams{}, wrapper.ErrorObject{},
		wrapper.Retry{}, wrapper.RateLimit{}, wrapper.Quota{}, wrapper.Webhook{}, wrapper.WebhookParams{}, wrapper.Delivery{},
		wrapper.DeliveryFilter{}, wrapper.PackageVersion{}, wrapper.PackageFile{}, wrapper.DownloadURL{},
		ensured{}, wrapper.EnsureResult[wrapper.Webhook]{}, wrapper.EventType(""), &wrapper.Client{},
	} {
		_ = fmt.Sprintf("%v %+v %#v %s", value, value, value, value)
		_, _ = json.Marshal(value)
	}
	if !(wrapper.DownloadURL{}).IsZero() || (wrapper.DownloadURL{}).Reveal() != "" {
		t.Error("the zero DownloadURL is a URL")
	}
}

// TestNewClientRefusesNil: as such, typed, and among the options.
func TestNewClientRefusesNil(t *testing.T) {
	for name, test := range map[string]struct {
		tokens wrapper.TokenSource
		option wrapper.Option
	}{
		"source":             {nil, wrapper.WithUserAgent("a")},
		"typed source":       {(*auth.TokenSource)(nil), wrapper.WithUserAgent("a")},
		"function as source": {tokenFunc(nil), wrapper.WithUserAgent("a")},
		"option":             {fixedToken("t"), nil},
		"http.Client":        {fixedToken("t"), wrapper.WithHTTPClient(nil)},
		"typed Transport":    {fixedToken("t"), wrapper.WithHTTPClient(&http.Client{Transport: (*http.Transport)(nil)})},
		"logger":             {fixedToken("t"), wrapper.WithLogger(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			if client, err := wrapper.NewClient(test.tokens, test.option); client != nil || err == nil {
				t.Errorf("got %v, %v, want an error", client, err)
			}
		})
	}
}

// TestTransportReturnsNothing: neither a response nor an error is an error.
func TestTransportReturnsNothing(t *testing.T) {
	client := transportClient(t, func(*http.Request) (*http.Response, error) { return nil, nil }, quick)
	if _, err := client.MarketplaceWebhooks.List(t.Context()); err == nil {
		t.Error("got a list, want an error")
	}
}
