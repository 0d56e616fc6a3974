package doctor

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// exchange is one request and its response. Requests are written by hand where
// the client would refuse them.
type exchange struct {
	method, path string
	query        url.Values
	body         []byte

	status   int // 0: no response
	header   http.Header
	response []byte
}

func (x exchange) requestID() string {
	return cmp.Or(x.header.Get("X-Request-Id"), x.header.Get("X-Apple-Request-Uuid"))
}

func (x exchange) isRefused() bool { return x.status >= 400 && x.status < 500 }

// resource is what the probes read of webhooks and deliveries.
type resource struct {
	ID         string
	Attributes struct {
		Name, EndpointURL, DeliveryState string
		Response                         struct{ HTTPStatusCode int }
	}
	Relationships struct {
		Event struct{ Data struct{ ID string } }
	}
}

type document struct {
	Data     json.RawMessage
	Included []struct {
		ID         string
		Attributes struct{ Payload string }
	}
	Links struct{ Next string }
}

// id is that of a created resource, in either form in which one comes.
func (x exchange) id() string {
	var doc document
	var one resource
	_ = json.Unmarshal(x.response, &doc)
	if json.Unmarshal(doc.Data, &one) != nil {
		var several []resource
		if json.Unmarshal(doc.Data, &several) == nil && len(several) == 1 {
			one = several[0]
		}
	}
	return one.ID
}

// send sends a request. The error is that there was no response, or none that
// counts: a refused token, a server's trouble.
func (r *probing) send(ctx context.Context, method, path string, query url.Values, body any) (x exchange, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	x = exchange{method: method, path: path, query: query}
	if body != nil {
		x.body, _ = json.Marshal(body) // of maps and strings: does not fail
	}
	token, err := r.tokens.Token(ctx)
	if err != nil {
		return x, err
	}
	r.Record.know(token)
	request, err := http.NewRequestWithContext(ctx, method, r.BaseURL+path, bytes.NewReader(x.body))
	if err != nil {
		return x, errors.New("the base URL or the app's ID can't be used")
	}
	request.GetBody = nil // net/http would send it again by itself
	request.URL.RawQuery = query.Encode()
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", r.UserAgent)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := r.Transport.RoundTrip(request)
	if err != nil {
		return x, fmt.Errorf("%s %s: %s", method, path, cause(err))
	}
	defer func() { _ = response.Body.Close() }()
	x.status, x.header = response.StatusCode, response.Header
	if x.response, err = io.ReadAll(io.LimitReader(response.Body, 8<<20)); err != nil {
		return x, fmt.Errorf("%s %s: the response broke off", method, path)
	}
	r.Record.add(x)
	if x.status == http.StatusUnauthorized || x.status == http.StatusTooManyRequests || x.status >= 500 {
		return x, fmt.Errorf("%s %s: %s", method, path, statusText(x.status))
	}
	return x, nil
}

// list reads a list whole.
func (r *probing) list(ctx context.Context, path string) (all []resource, err error) {
	query := url.Values{"limit": {"200"}}
	for range 10 {
		x, err := r.send(ctx, http.MethodGet, path, query, nil)
		if err == nil && x.status != http.StatusOK {
			err = fmt.Errorf("GET %s: %s", path, statusText(x.status))
		}
		if err != nil {
			return nil, err
		}
		var doc document
		var page []resource
		if json.Unmarshal(x.response, &doc) != nil || json.Unmarshal(doc.Data, &page) != nil {
			return nil, fmt.Errorf("GET %s: the response is not a list", path)
		}
		all = append(all, page...)
		next, err := url.Parse(doc.Links.Next)
		if err != nil || doc.Links.Next == "" {
			return all, nil
		}
		query = next.Query() // on our host: a token goes nowhere else
	}
	return all, nil
}

// delete refuses an ID that would make another path of it.
func (r *probing) delete(ctx context.Context, path, id string) error {
	if strings.Trim(id, ".") == "" {
		return errors.New("a webhook without an ID can't be deleted")
	}
	x, err := r.send(ctx, http.MethodDelete, path+"/"+url.PathEscape(id), nil, nil)
	if err == nil && x.status != http.StatusNoContent && x.status != http.StatusNotFound {
		err = fmt.Errorf("DELETE: %s", statusText(x.status))
	}
	return err
}

type object = map[string]any

func (r *probing) createMarketplaceWebhook(ctx context.Context, endpointURL, secret string) (exchange, error) {
	return r.send(ctx, http.MethodPost, "/v1/marketplaceWebhooks", nil, object{"data": object{
		"type": "marketplaceWebhooks", "attributes": object{"endpointUrl": endpointURL, "secret": secret},
	}})
}

// createWebhook creates a disabled one. Its event type is the one that disturbs
// least while it is enabled.
func (r *probing) createWebhook(ctx context.Context) (exchange, error) {
	return r.send(ctx, http.MethodPost, "/v1/webhooks", nil, object{"data": object{
		"type": "webhooks",
		"attributes": object{"name": webhookName, "url": r.URL, "secret": r.secret, "enabled": false,
			"eventTypes": []string{"BACKGROUND_ASSET_VERSION_STATE_UPDATED"}},
		"relationships": object{"app": related("apps", r.AppID)},
	}})
}

func (r *probing) enable(ctx context.Context, id string) (exchange, error) {
	return r.send(ctx, http.MethodPatch, "/v1/webhooks/"+id, nil, object{"data": object{
		"type": "webhooks", "id": id, "attributes": object{"enabled": true},
	}})
}

func (r *probing) ping(ctx context.Context, id string) (exchange, error) {
	return r.send(ctx, http.MethodPost, "/v1/webhookPings", nil, object{"data": object{
		"type": "webhookPings", "relationships": object{"webhook": related("webhooks", id)},
	}})
}

func (r *probing) redeliver(ctx context.Context, deliveryID string) (exchange, error) {
	return r.send(ctx, http.MethodPost, "/v1/webhookDeliveries", nil, object{"data": object{
		"type": "webhookDeliveries", "relationships": object{"template": related("webhookDeliveries", deliveryID)},
	}})
}

func related(typ, id string) object {
	return object{"data": object{"type": typ, "id": id}}
}
