package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// dryRun sends GET requests, and responds to others itself as if they had
// succeeded: Ensure decides as always, and nothing is changed.
type dryRun struct{ next http.RoundTripper }

func (d dryRun) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		return d.next.RoundTrip(r)
	}
	defer func() { _ = r.Body.Close() }()
	var document struct {
		Data map[string]any `json:"data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&document); err != nil {
		return nil, err
	}
	status := http.StatusOK
	if r.Method == http.MethodPost {
		status, document.Data["id"] = http.StatusCreated, dryRunID
	}
	body, err := json.Marshal(document)
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(bytes.NewReader(body)),
		Request:    r,
	}, err
}

// dryRunID is the ID of what a dry run did not create.
const dryRunID = "dry-run"
