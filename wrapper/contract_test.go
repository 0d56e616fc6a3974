package wrapper_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/wrapper"
	"github.com/getkin/kin-openapi/openapi3"
)

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
						t.Errorf("responded with %d", requests[len(requests)-1].Status)
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
	all := slices.AppendSeq(slices.Clone(allOperations), maps.Keys(subjects))
	slices.Sort(all)
	for _, operation := range slices.Compact(all) {
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		client := cannedClient(t, newCanned(500, ""), wrapper.WithLogger(logger), once)
		if call := subjects[operation]; call != nil {
			_, _ = call(t.Context(), client, subjectID)
		} else {
			_ = perform(t, client, operation, "id")
		}
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

// documented returns the document's operations.
func documented(t *testing.T) map[asctest.Operation]documentedOperation {
	t.Helper()
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	found := map[asctest.Operation]documentedOperation{}
	for path, item := range document.Paths() {
		for method, operation := range item.Operations() {
			found[asctest.Operation(operation.OperationID)] = documentedOperation{operation, method, path}
		}
	}
	return found
}
