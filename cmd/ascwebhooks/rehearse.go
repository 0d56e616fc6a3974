package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"slices"

	"github.com/spf13/cobra"
)

func dryRunFlag(cmd *cobra.Command, dryRun *bool) {
	cmd.Flags().BoolVar(dryRun, "dry-run", false, "print what would be done, and change nothing")
}

// sayDryRun comes before the output of a dry run.
func (s *system) sayDryRun() { s.infof("dry run: nothing is changed; this is what would be done") }

// rehearse returns a context whose requests change nothing: reads are sent, and
// writes get the response of a success. So a call decides as always.
func rehearse(ctx context.Context) context.Context {
	return context.WithValue(ctx, rehearsalKey{}, &rehearsal{})
}

type rehearsalKey struct{}

// rehearsal remembers what its context's requests would have created and deleted:
// later lists show it.
type rehearsal struct {
	created []any    // resources
	deleted []string // IDs
}

// dryRunID is the ID of what a rehearsal did not create.
const dryRunID = "dry-run"

// rehearsable is a transport that sends no write of a rehearsal.
type rehearsable struct{ next http.RoundTripper }

func (t rehearsable) RoundTrip(r *http.Request) (*http.Response, error) {
	rehearsal, ok := r.Context().Value(rehearsalKey{}).(*rehearsal)
	switch {
	case !ok:
		return t.next.RoundTrip(r)
	case r.Method == http.MethodGet:
		response, err := t.next.RoundTrip(r)
		if err == nil {
			err = rehearsal.show(response)
		}
		return response, err
	case r.Method == http.MethodDelete:
		rehearsal.deleted = append(rehearsal.deleted, path.Base(r.URL.Path))
		return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
	}
	return rehearsal.write(r)
}

// write responds to a create or an update with what it sends.
func (h *rehearsal) write(r *http.Request) (*http.Response, error) {
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
		h.created = append(h.created, document.Data)
	}
	body, err := json.Marshal(document)
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(bytes.NewReader(body)),
		Request:    r,
	}, err
}

// show puts into a list what was created, and leaves out what was deleted: a
// rehearsal writes one type of resource, and lists no other.
func (h *rehearsal) show(response *http.Response) error {
	if response.StatusCode != http.StatusOK || len(h.created)+len(h.deleted) == 0 {
		return nil
	}
	var document map[string]any
	err := json.NewDecoder(response.Body).Decode(&document)
	_ = response.Body.Close()
	if err != nil {
		return err
	}
	if list, isList := document["data"].([]any); isList {
		document["data"] = slices.DeleteFunc(append(list, h.created...), func(item any) bool {
			resource, _ := item.(map[string]any)
			id, _ := resource["id"].(string)
			return slices.Contains(h.deleted, id)
		})
	}
	body, err := json.Marshal(document)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return err
}
