package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// dryRun lets reads through and answers changes itself, as if they had been
// made: Ensure decides as ever, and no change can leave the machine.
type dryRun struct{ next http.RoundTripper }

func (d dryRun) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		return d.next.RoundTrip(r)
	}
	defer func() { _ = r.Body.Close() }()
	var body struct {
		Data struct {
			Type       string `json:"type"`
			ID         string `json:"id"`
			Attributes struct {
				EndpointURL string `json:"endpointUrl,omitempty"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	status := http.StatusOK
	if r.Method == http.MethodPost {
		status, body.Data.ID = http.StatusCreated, "dry-run"
	}
	answer, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(answer)),
		ContentLength: int64(len(answer)),
		Request:       r,
	}, nil
}
