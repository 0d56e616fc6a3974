package wrapper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// plainClient is what one would write without this module: net/http,
// encoding/json and a check of the status.
type plainClient struct {
	http    *http.Client
	baseURL string
}

func (c plainClient) get(ctx context.Context) (plainWebhook, error) {
	var list struct {
		Data []plainWebhook `json:"data"`
	}
	if err := c.call(ctx, http.MethodGet, nil, &list, http.StatusOK); err != nil {
		return plainWebhook{}, err
	}
	return list.Data[0], nil
}

func (c plainClient) create(ctx context.Context, endpointURL, secret string) (plainWebhook, error) {
	var create struct {
		Data struct {
			Type       string `json:"type"`
			Attributes struct {
				EndpointURL string `json:"endpointUrl"`
				Secret      string `json:"secret"`
			} `json:"attributes"`
		} `json:"data"`
	}
	create.Data.Type = "marketplaceWebhooks"
	create.Data.Attributes.EndpointURL = endpointURL
	create.Data.Attributes.Secret = secret
	var created struct {
		Data plainWebhook `json:"data"`
	}
	err := c.call(ctx, http.MethodPost, create, &created, http.StatusCreated)
	return created.Data, err
}

func (c plainClient) call(ctx context.Context, method string, body, into any, status int) error {
	var reader io.Reader
	if body != nil {
		buf, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(buf)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.baseURL+"/v1/marketplaceWebhooks", reader)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != status {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

type plainWebhook struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Attributes struct {
		EndpointURL string `json:"endpointUrl"`
	} `json:"attributes"`
}
