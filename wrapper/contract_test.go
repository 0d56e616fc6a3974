package wrapper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/openapi"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestLifeOfAWebhook goes through every operation, with both forms of answer,
// each request and each answer held against the document.
func TestLifeOfAWebhook(t *testing.T) {
	for name, opts := range map[string][]asctest.Option{"one object": nil, "array of one": {asctest.Settings{ArrayResponses: true}}} {
		t.Run(name, func(t *testing.T) { lifeOfAWebhook(t, asctest.NewServer(t, opts...)) })
	}
}

func lifeOfAWebhook(t *testing.T, server *asctest.Server) {
	webhooks := connectChecked(t, server).MarketplaceWebhooks
	var created, moved wrapper.MarketplaceWebhook
	step := func(name string, do func(ctx context.Context) error, want asctest.MarketplaceWebhook) {
		if err := do(t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		stored, _ := server.MarketplaceWebhook()
		if want.ID = stored.ID; stored != want {
			t.Fatalf("%s: stored %+v, want %+v", name, stored, want)
		}
	}
	none := asctest.MarketplaceWebhook{}
	first := asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "first & <last>"}
	second := asctest.MarketplaceWebhook{EndpointURL: endpointURL + "/2", Secret: "first & <last>"}
	third := asctest.MarketplaceWebhook{EndpointURL: endpointURL + "/2", Secret: "third"}

	step("list of none", func(ctx context.Context) error {
		list, err := webhooks.List(ctx)
		return expect(err, len(list), 0)
	}, none)
	step("get before create", func(ctx context.Context) error {
		_, err := webhooks.Get(ctx)
		return expect(nil, errors.Is(err, wrapper.ErrNotFound), true)
	}, none)
	step("create", func(ctx context.Context) (err error) {
		created, err = webhooks.Create(ctx, params(first.EndpointURL, first.Secret))
		return expect(err, created.EndpointURL, endpointURL)
	}, first)
	step("second create", func(ctx context.Context) error {
		_, err := webhooks.Create(ctx, anyParams())
		return expect(nil, errors.Is(err, wrapper.ErrConflict), true)
	}, first)
	step("get", func(ctx context.Context) error {
		got, err := webhooks.Get(ctx)
		return expect(err, got, created)
	}, first)
	step("update of the URL", func(ctx context.Context) (err error) {
		moved, err = webhooks.Update(ctx, created.ID, params(second.EndpointURL, ""))
		return expect(err, moved, wrapper.MarketplaceWebhook{ID: created.ID, EndpointURL: second.EndpointURL})
	}, second)
	step("update of the secret", func(ctx context.Context) error {
		got, err := webhooks.Update(ctx, created.ID, params("", third.Secret))
		return expect(err, got, moved)
	}, third)
	step("update of nothing", func(ctx context.Context) error {
		got, err := webhooks.Update(ctx, created.ID, params("", ""))
		return expect(err, got, moved)
	}, third)
	step("delete", func(ctx context.Context) error { return webhooks.Delete(ctx, created.ID) }, none)
	step("second delete", func(ctx context.Context) error {
		return expect(nil, errors.Is(webhooks.Delete(ctx, created.ID), wrapper.ErrNotFound), true)
	}, none)
	step("update after delete", func(ctx context.Context) error {
		_, err := webhooks.Update(ctx, created.ID, anyParams())
		return expect(nil, errors.Is(err, wrapper.ErrNotFound), true)
	}, none)
}

// expect returns err, or an error if got is not want.
func expect[T comparable](err error, got, want T) error {
	if err == nil && got != want {
		err = fmt.Errorf("got %+v, want %+v", got, want)
	}
	return err
}

// TestEveryListedStatus provokes each status that the document lists for
// each operation, and finds it again in the error.
func TestEveryListedStatus(t *testing.T) {
	server := asctest.NewServer(t)
	client := connectChecked(t, server, wrapper.WithRetry(wrapper.Retry{Attempts: 1}))
	document := documented(t)
	for _, operation := range allOperations {
		for status := range document[operation].Responses.Map() {
			t.Run(string(operation)+" "+status, func(t *testing.T) {
				code, err := strconv.Atoi(status)
				if err != nil {
					t.Fatal(err)
				}
				id := prepare(server, operation)
				if code < 300 {
					if err := perform(t, client, operation, id); err != nil {
						t.Fatal(err)
					}
					if requests := server.Exchanges(); requests[len(requests)-1].Status != code {
						t.Errorf("answered %d", requests[len(requests)-1].Status)
					}
					return
				}
				server.FailNext(asctest.Fault{Operation: operation, Status: code})
				apiErr, ok := errors.AsType[*wrapper.APIError](perform(t, client, operation, id))
				if !ok || apiErr.StatusCode != code || len(apiErr.Errors) == 0 || apiErr.Errors[0].Code == "" {
					t.Errorf("got %+v", apiErr)
				}
			})
		}
	}
}

// TestDocumentedExamples: what Apple's documentation shows as a create is
// what is sent, and its answer, which an update's equals, is understood.
func TestDocumentedExamples(t *testing.T) {
	answer, err := os.ReadFile("testdata/create-response.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/create-request.json")
	if err != nil {
		t.Fatal(err)
	}
	var sent []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = w.Write(answer)
	}))
	defer server.Close()
	client, err := wrapper.NewClient(fixedToken("token"), wrapper.WithBaseURL(server.URL),
		wrapper.WithHTTPClient(&http.Client{Transport: asctest.Transport(t, nil)}))
	if err != nil {
		t.Fatal(err)
	}
	documented := wrapper.MarketplaceWebhook{
		ID: "c74970b8-6be0-40fa-8f51-8e1532005635", EndpointURL: "https://example.com/api/ingest/notifications",
	}
	updated, err := client.MarketplaceWebhooks.Update(t.Context(), documented.ID, params(documented.EndpointURL, ""))
	if err != nil || updated != documented {
		t.Errorf("update: %+v, %v", updated, err)
	}
	created, err := client.MarketplaceWebhooks.Create(t.Context(), params(documented.EndpointURL, "This is my secret"))
	if err != nil || created != documented {
		t.Errorf("create: %+v, %v", created, err)
	}
	var gotJSON, wantJSON any
	if err := errors.Join(json.Unmarshal(sent, &gotJSON), json.Unmarshal(want, &wantJSON)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(gotJSON, wantJSON) {
		t.Errorf("sent %s, want %s", sent, want)
	}
}

// TestSameOperations: what this package calls are the OpenAPI document's
// operations, by the same names, with the statuses that mean success there.
func TestSameOperations(t *testing.T) {
	type call struct {
		Operation, Route string
		Success          int
	}
	var inDocument, inCode []call
	for id, operation := range documented(t) {
		for status := range operation.Responses.Map() {
			if code, _ := strconv.Atoi(status); code < 300 {
				inDocument = append(inDocument, call{string(id), operation.Method + " " + operation.Path, code})
			}
		}
	}
	for _, operation := range allOperations {
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		client := cannedClient(t, newCanned(500, ""), wrapper.WithLogger(logger), once)
		_ = perform(t, client, operation, "id")
		var line call
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		method, _, _ := strings.Cut(line.Route, " ")
		inCode = append(inCode, call{line.Operation, line.Route, wrapper.SuccessStatus(method)})
	}
	byOperation := func(a, b call) int { return strings.Compare(a.Operation, b.Operation) }
	slices.SortFunc(inDocument, byOperation)
	slices.SortFunc(inCode, byOperation)
	if !slices.Equal(inCode, inDocument) {
		t.Errorf("got %v\nwant %v", inCode, inDocument)
	}
}

// documentedOperation is an operation of the OpenAPI document, and where it is.
type documentedOperation struct {
	*openapi3.Operation
	Method, Path string
}

// openAPI returns the document, which must be valid. It is read once, and not to be changed.
var openAPI = sync.OnceValues(func() (*openapi3.T, error) {
	document, err := openapi3.NewLoader().LoadFromData(openapi.AppStoreConnect())
	if err != nil {
		return nil, err
	}
	return document, document.Validate(context.Background())
})

// documented returns the document's operations.
func documented(t *testing.T) map[asctest.Operation]documentedOperation {
	t.Helper()
	document, err := openAPI()
	if err != nil {
		t.Fatal(err)
	}
	found := map[asctest.Operation]documentedOperation{}
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			found[asctest.Operation(operation.OperationID)] = documentedOperation{operation, method, path}
		}
	}
	return found
}
