package wrapper_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestRedirectsAreRefused: neither the token nor the secret reaches the other
// place, whatever kind of redirect it is.
func TestRedirectsAreRefused(t *testing.T) {
	var reached atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer elsewhere.Close()
	server := asctest.NewServer(t)
	client := connect(t, server, quick)
	for i, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		for j, location := range [][]string{{elsewhere.URL + "/v1/marketplaceWebhooks"}, {"/v1/marketplaceWebhooks"}, nil} {
			for _, operation := range sample(i + j) {
				id := prepare(server, operation)
				before := len(server.Exchanges())
				server.FailNext(asctest.Fault{Kind: asctest.FaultRedirect, Status: status, Header: http.Header{"Location": location}})
				err := perform(t, client, operation, id)
				redirect, ok := errors.AsType[*wrapper.UnexpectedResponseError](err)
				if !ok || redirect.StatusCode != status || len(server.Exchanges())-before != 1 {
					t.Errorf("%s %d to %v: %v", operation, status, location, err)
				}
			}
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d requests went elsewhere", reached.Load())
	}
}

// TestSeeOtherToACreate: 303 says that the request was carried out. The other
// redirects say that it was not.
func TestSeeOtherToACreate(t *testing.T) {
	for status, unknown := range map[int]bool{301: false, 302: false, 303: true, 307: false, 308: false} {
		err := perform(t, cannedClient(t, newCanned(status, "")), asctest.MarketplaceWebhooksCreate, "")
		if !is[*wrapper.UnexpectedResponseError](err) {
			t.Errorf("%d: got %v, want an UnexpectedResponseError", status, err)
		}
		if is[*wrapper.OutcomeUnknownError](err) != unknown {
			t.Errorf("%d: got %v, want unknown %v", status, err, unknown)
		}
	}
}

// TestRedirectWithBadLocation: http.Client would quote what it cannot parse.
func TestRedirectWithBadLocation(t *testing.T) {
	token, _ := canaries()
	for _, op := range allOperations {
		var n atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Location", "https://proxy.example/login%zz?auth="+r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusTemporaryRedirect)
		}))
		defer server.Close()
		client := newClient(t, fixedToken(token), wrapper.WithBaseURL(server.URL), quick)
		err := perform(t, client, op, "id")
		if !is[*wrapper.UnexpectedResponseError](err) || n.Load() != 1 {
			t.Errorf("%s: %d requests, %T %v", op, n.Load(), err, strings.ReplaceAll(err.Error(), token, "<<TOKEN>>"))
		}
		if strings.Contains(err.Error(), token) {
			t.Errorf("%s: the token is in the error", op)
		}
	}
}

// TestContentTypes: what counts as JSON.
func TestContentTypes(t *testing.T) {
	for contentType, good := range map[string]bool{
		"application/json": true, "Application/JSON ; charset=utf-8": true,
		"application/vnd.api+json": true, "application/problem+json;v=1": true,
		"": false, "text/json": false, "text/html+json": false, "application/jsonp": false, "application/json-seq": false,
	} {
		response := cannedList()
		response.header.Set("Content-Type", contentType)
		if _, err := cannedClient(t, response, quick).MarketplaceWebhooks.List(t.Context()); (err == nil) != good {
			t.Errorf("%q: %v", contentType, err)
		}
	}
}
