package wrapper_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestOneFault lets every kind of fault spoil one response to a sample of the
// operations. What may be repeated recovers; a create is sent once and its
// outcome is called unknown. A create meets each kind in all four variants,
// carried out or not and at once or late; the others each kind in one of them.
func TestOneFault(t *testing.T) {
	t.Parallel()
	for i, kind := range asctest.FaultKinds() {
		for variant := range 4 {
			operations := sample(i + variant)
			if variant != i%4 {
				operations = operations[:1] // the create
			}
			for _, operation := range operations {
				fault := asctest.Fault{Kind: kind, Operation: operation, Applied: variant%2 == 1}
				late := variant >= 2
				t.Run(fmt.Sprintf("%s %s, applied %v, late %v", kind, operation, fault.Applied, late), func(t *testing.T) {
					if !late {
						oneFault(t, asctest.NewServer(t), fault) // sockets that really reset, stall or lie
						return
					}
					fault.Delay = 20 * time.Second
					synctest.Test(t, func(t *testing.T) { oneFault(t, asctest.NewPipeServer(t), fault) })
				})
			}
		}
	}
}

func oneFault(t *testing.T, server *asctest.Server, fault asctest.Fault) {
	kind, operation := fault.Kind, fault.Operation
	client := connect(t, server, quick)
	id := prepare(server, operation)
	server.FailNext(fault)
	err := perform(t, client, operation, id)
	sent := len(server.Exchanges())
	_, unknown := errors.AsType[*wrapper.OutcomeUnknownError](err)

	switch {
	case kind == asctest.FaultLate || kind == asctest.FaultLateBody:
		if err != nil || sent != 1 {
			t.Errorf("%d requests, %v", sent, err)
		}
	case kind == asctest.FaultRedirect:
		if _, ok := errors.AsType[*wrapper.UnexpectedResponseError](err); !ok || sent != 1 {
			t.Errorf("%d requests, %v", sent, err)
		}
	case kind == asctest.FaultAssociatedErrors || kind == asctest.FaultSeeLink:
		if !errors.Is(err, wrapper.ErrConflict) || unknown || sent > 2 { // a create of webhooks looks how many there are
			t.Errorf("%d requests, %v", sent, err)
		}
	case slices.Contains(creates, operation):
		if !unknown || sent != 1 {
			t.Errorf("%d requests, %v", sent, err)
		}
	default:
		if err != nil || sent != 2 {
			t.Errorf("%d requests, %v", sent, err)
		}
	}
	if slices.Contains(deletes, operation) && err == nil && exists(server.Handler, operation) {
		t.Error("deleted, but the webhook is still there")
	}
}

// TestLastingFault: what does not go away ends in an error of the right type
// after as many attempts as promised, and never in a result.
func TestLastingFault(t *testing.T) {
	t.Parallel()
	changes := slices.Concat(updates, deletes)
	for kind, want := range map[asctest.FaultKind]struct {
		attempts int
		is       func(error) bool
	}{
		"":                              {4, is[*wrapper.APIError]},
		asctest.FaultHTMLPage:           {4, is[*wrapper.APIError]},
		asctest.FaultPlainText:          {4, is[*wrapper.APIError]},
		asctest.FaultLate:               {4, isTimeout},
		asctest.FaultLateBody:           {4, isTimeout},
		asctest.FaultResetBeforeHeaders: {4, isPlain},
		asctest.FaultResetMidBody:       {4, isPlain},
		asctest.FaultTruncatedBody:      {4, isPlain},
		asctest.FaultCloseDelimited:     {2, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultEmptyBody:          {2, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultWrongContentType:   {2, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultInvalidJSON:        {2, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultNullData:           {2, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultWrongType:          {2, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultNoID:               {2, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultEndlessBody:        {2, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultGzipBomb:           {2, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultRedirect:           {1, is[*wrapper.UnexpectedResponseError]},
		asctest.FaultAssociatedErrors:   {1, is[*wrapper.APIError]},
		asctest.FaultSeeLink:            {1, is[*wrapper.APIError]},
	} {
		i := slices.Index(asctest.FaultKinds(), kind)
		for _, operation := range []asctest.Operation{reads[i%len(reads)], changes[i%len(changes)]} {
			t.Run(string(kind)+" "+string(operation), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := asctest.NewPipeServer(t)
					client := connect(t, server)
					id := prepare(server, operation)
					fault := asctest.Fault{Kind: kind, Operation: operation, Times: -1}
					if kind == asctest.FaultLate || kind == asctest.FaultLateBody {
						fault.Delay = time.Minute
					}
					server.FailNext(fault)
					err := perform(t, client, operation, id)
					if err == nil || !want.is(err) {
						t.Errorf("got %T %v", err, err)
					}
					if sent := len(server.Exchanges()); sent != want.attempts {
						t.Errorf("%d attempts, want %d", sent, want.attempts)
					}
				})
			})
		}
	}
	if len(asctest.FaultKinds()) != 20 {
		t.Error("a kind of fault is missing from the table")
	}
}

// TestErrorsAreVerbatim: a refusal is final, and its code reaches the caller
// as it was.
func TestErrorsAreVerbatim(t *testing.T) {
	server := asctest.NewServer(t)
	client := connectChecked(t, server)
	for _, test := range []struct {
		status int
		code   string
		is     error
	}{
		{403, "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED", wrapper.ErrForbidden},
		{404, "NOT_FOUND", wrapper.ErrNotFound},
		{409, "ENTITY_ERROR.ATTRIBUTE.INVALID", wrapper.ErrConflict},
		{422, "ENTITY_UNPROCESSABLE", nil},
	} {
		before := len(server.Exchanges())
		server.FailNext(asctest.Fault{Status: test.status, Code: test.code})
		id := prepare(server, asctest.MarketplaceWebhooksUpdate)
		err := perform(t, client, asctest.MarketplaceWebhooksUpdate, id)
		apiErr, ok := errors.AsType[*wrapper.APIError](err)
		if !ok || apiErr.StatusCode != test.status || apiErr.Errors[0].Code != test.code || !apiErr.HasCode(test.code) {
			t.Errorf("%d: got %v", test.status, err)
		}
		for _, sentinel := range []error{wrapper.ErrForbidden, wrapper.ErrNotFound, wrapper.ErrConflict} {
			if errors.Is(err, sentinel) != errors.Is(test.is, sentinel) {
				t.Errorf("%d: errors.Is(err, %v) is %v", test.status, sentinel, !errors.Is(err, sentinel))
			}
		}
		if sent := len(server.Exchanges()) - before; sent != 1 {
			t.Errorf("%d: %d attempts", test.status, sent)
		}
	}
}
