package docs_test

// What errors.md advises, and that each error leads there.

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// whatNow says what to do about the error of a call.
func whatNow(err error) string {
	unknown, isUnknown := errors.AsType[*wrapper.OutcomeUnknownError](err)
	other, isOther := errors.AsType[*wrapper.OtherEndpointError](err)
	unexpected, isUnexpected := errors.AsType[*wrapper.UnexpectedResponseError](err)
	apiErr, isRefused := errors.AsType[*wrapper.APIError](err)
	switch {
	case err == nil:
		return "done"
	case isUnknown: // first: it may contain one of the others
		return "look before creating again: " + unknown.Err.Error()
	case isOther:
		return "decide about " + other.URL
	case isUnexpected:
		return "check the base URL, and look for a proxy: " + unexpected.Reason
	case errors.Is(err, wrapper.ErrNotFound):
		return "create it"
	case errors.Is(err, wrapper.ErrNotAuthorized):
		return fmt.Sprintf("check key, issuer and clock (off by %v)", apiErr.ClockSkew)
	case errors.Is(err, wrapper.ErrRateLimited) && apiErr.RetryAt.IsZero():
		return "try again later: Apple did not say when"
	case errors.Is(err, wrapper.ErrRateLimited):
		return "try again at " + apiErr.RetryAt.Format(time.TimeOnly)
	case errors.Is(err, wrapper.ErrForbidden):
		return "ask the account holder for a role or an agreement"
	case isRefused && apiErr.HasCode("ENTITY_ERROR.ATTRIBUTE"):
		return "fix the attribute: " + apiErr.Error()
	case errors.Is(err, wrapper.ErrConflict):
		return "look at what is registered"
	case isRefused && apiErr.StatusCode >= 500:
		return "try again later"
	case isRefused:
		return "fix the request: " + apiErr.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "it was stopped"
	default:
		return "fix the network, the key or the arguments: " + err.Error()
	}
}

func TestWhatNow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		want  string
		fault asctest.Fault
	}{
		{"look before creating again", asctest.Fault{Kind: asctest.FaultResetBeforeHeaders}},
		{"look before creating again", asctest.Fault{Kind: asctest.FaultHTMLPage}},
		{"check key, issuer and clock", asctest.Fault{Status: 401}},
		{"try again at", asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {"3600"}}}},
		{"ask the account holder", asctest.Fault{Status: 403}},
		{"look at what is registered", asctest.Fault{Status: 409}},
		{"fix the attribute", asctest.Fault{Status: 409, Code: "ENTITY_ERROR.ATTRIBUTE.INVALID"}},
		{"fix the request", asctest.Fault{Status: 422}},
		{"try again later: Apple did not say", asctest.Fault{Status: 429}},
		{"check the base URL", asctest.Fault{Kind: asctest.FaultRedirect}},
	} {
		test.fault.Times = -1
		_, client := connect(t, test.fault)
		_, err := client.MarketplaceWebhooks.Create(t.Context(), wrapper.MarketplaceWebhookParams{
			EndpointURL: "https://marketplace.example/",
			Secret:      wrapper.NewSecret("secret"),
		})
		if got := whatNow(err); !strings.HasPrefix(got, test.want) {
			t.Errorf("%+v: got %q, want %q", test.fault, got, test.want)
		}
	}
	for _, test := range []struct {
		want string
		kind asctest.FaultKind
	}{
		{"try again later", asctest.FaultHTMLPage},
		{"check the base URL", asctest.FaultWrongContentType},
		{"fix the network", asctest.FaultResetMidBody},
		{"done", asctest.FaultLate},
	} {
		_, client := connect(t, asctest.Fault{Kind: test.kind, Times: -1})
		_, err := client.MarketplaceWebhooks.List(t.Context())
		if got := whatNow(err); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.kind, got, test.want)
		}
	}
}

func TestWhatNowWithoutAFault(t *testing.T) {
	t.Parallel()
	server, client := connect(t)
	check := func(err error, want string) {
		t.Helper()
		if got := whatNow(err); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	_, err := client.MarketplaceWebhooks.Get(t.Context())
	check(err, "create it")

	_ = server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: "https://marketplace.example/one", Secret: "secret"})
	})
	two := wrapper.MarketplaceWebhookParams{EndpointURL: "https://marketplace.example/two"}
	_, err = client.MarketplaceWebhooks.Ensure(t.Context(), two)
	check(err, "decide about https://marketplace.example/one")

	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err = client.MarketplaceWebhooks.List(stopped)
	check(err, "it was stopped")

	err = client.MarketplaceWebhooks.Delete(t.Context(), "..")
	check(err, "fix the network, the key or the arguments")
}

// signer reads the key at start and says what is wrong with it.
func signer(file string) (*auth.TokenSource, error) {
	key, err := auth.FindKey(auth.KeyHint{File: file})
	switch {
	case errors.Is(err, auth.ErrKeyNotFound):
		return nil, fmt.Errorf("set ASC_KEY_ID and ASC_PRIVATE_KEY_PATH: %w", err)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("is the key file mounted? %w", err)
	case errors.Is(err, auth.ErrInvalidKey):
		return nil, fmt.Errorf("not the file that App Store Connect gave you: %w", err)
	case err != nil:
		return nil, err
	}
	return auth.NewTokenSource(key)
}

func TestSigner(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := asctest.NewServer(t).Key()
	if _, err := signer(write("AuthKey_"+key.ID+".p8", key.PEM())); err != nil {
		t.Error(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("certificate")})
	for want, file := range map[string]string{
		"not the file":            write("AuthKey_2X9R4HXF34.p8", certificate),
		"is the key file mounted": filepath.Join(folder, "AuthKey_2X9R4HXF35.p8"),
	} {
		if _, err := signer(file); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// receive is for a service that does without the Handler.
func receive(verifier *notification.Verifier, body []byte, signature string) (*notification.Notification, int) {
	switch _, err := verifier.Verify(body, signature); {
	case errors.Is(err, notification.ErrSignatureFormat):
		return nil, http.StatusUnauthorized // not from App Store Connect, or a proxy dropped the header
	case errors.Is(err, notification.ErrSignatureMismatch):
		return nil, http.StatusUnauthorized // signed with another secret, or the body was changed
	}
	n, err := notification.Decode(body)
	if errors.Is(err, notification.ErrMalformed) {
		return nil, http.StatusInternalServerError // keep the bytes, and look
	}
	return n, http.StatusOK // n.Event is nil for a type that this version does not know
}

func TestReceive(t *testing.T) {
	t.Parallel()
	verifier, err := notification.NewVerifier([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	genuine := []byte(`{"data":{"type":"SomethingNew","id":"71f3b9aa"}}`)
	for _, test := range []struct {
		body, signature string
		want            int
	}{
		{string(genuine), notification.Sign([]byte("secret"), genuine), http.StatusOK},
		{string(genuine), notification.Sign([]byte("another"), genuine), http.StatusUnauthorized},
		{string(genuine), "", http.StatusUnauthorized},
		{"{}", notification.Sign([]byte("secret"), []byte("{}")), http.StatusInternalServerError},
	} {
		if _, status := receive(verifier, []byte(test.body), test.signature); status != test.want {
			t.Errorf("%s: got status %d, want %d", test.body, status, test.want)
		}
	}
}
