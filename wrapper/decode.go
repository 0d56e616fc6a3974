package wrapper

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ascmarketplace/webhooks/gen"
)

// decodeList reads the answer to a list.
func decodeList(body []byte) ([]MarketplaceWebhook, error) {
	document, err := decode[gen.MarketplaceWebhooksResponse](body)
	if err != nil {
		return nil, err
	}
	if document.Data == nil {
		return nil, errors.New("data is missing or null")
	}
	webhooks := make([]MarketplaceWebhook, len(document.Data))
	for i, resource := range document.Data {
		if webhooks[i], err = convert(resource); err != nil {
			return nil, fmt.Errorf("data[%d]: %w", i, err)
		}
	}
	return webhooks, nil
}

// decodeOne reads the answer to a create or an update: Apple's OpenAPI
// document has one object as data, the documented examples an array of one.
func decodeOne(body []byte) (MarketplaceWebhook, error) {
	document, err := decode[gen.MarketplaceWebhookResponse](body)
	if err == nil {
		return convert(document.Data)
	}
	list, listErr := decodeList(body)
	if listErr != nil {
		return MarketplaceWebhook{}, err
	}
	if len(list) != 1 {
		return MarketplaceWebhook{}, fmt.Errorf("data has %d webhooks, not one", len(list))
	}
	return list[0], nil
}

// decodeNothing is for an answer without a body.
func decodeNothing([]byte) (struct{}, error) { return struct{}{}, nil }

// convert is the one place where generated types become ours.
func convert(resource gen.MarketplaceWebhook) (MarketplaceWebhook, error) {
	if resource.Type != gen.MarketplaceWebhookTypeMarketplaceWebhooks {
		return MarketplaceWebhook{}, errors.New("type is not marketplaceWebhooks")
	}
	if resource.ID == "" {
		return MarketplaceWebhook{}, errors.New("id is missing")
	}
	return MarketplaceWebhook{ID: resource.ID, EndpointURL: resource.Attributes.EndpointURL}, nil
}

// decode reads one JSON value. Unknown members are ignored, since Apple adds
// some without notice. Its error quotes nothing of the body.
func decode[T any](body []byte) (T, error) {
	var value T
	err := json.Unmarshal(body, &value)
	if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return value, fmt.Errorf("%s has the wrong JSON type", cmp.Or(mistyped.Field, "the body"))
	}
	if err != nil {
		return value, errors.New("the body is not complete JSON")
	}
	return value, nil
}
