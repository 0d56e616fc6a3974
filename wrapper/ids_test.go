package wrapper_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestIDsAreThoseOfTheDocument: the client takes the IDs that the OpenAPI
// document allows, as mocks that are generated from it give them, and no others.
func TestIDsAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	client := cannedClient(t, newCanned(http.StatusNotFound, ""), once)
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	allowed := func(path string) *regexp.Regexp {
		parameters := document.Paths()[path].Parameters
		return regexp.MustCompile(parameters.GetByInAndName("path", "id").Schema.Value.Pattern)
	}
	webhooks, apps := allowed("/v1/webhooks/{id}"), allowed("/v1/apps/{id}")
	ids := []string{"", "..", ".a", "a.b", "a...", "é", "a\xff", strings.Repeat("1", 256), strings.Repeat("1", 257), "1234567890"}
	for b := range 256 {
		ids = append(ids, string([]byte{byte(b)}), string([]byte{'a', byte(b)}))
	}
	for _, id := range ids {
		_, err := client.Webhooks.Get(t.Context(), id)
		if got, want := !errors.Is(err, wrapper.ErrInvalid), webhooks.MatchString(id); got != want {
			t.Errorf("webhook %q: taken %v, want %v", id, got, want)
		}
		_, err = client.Apps.Get(t.Context(), id)
		if got, want := !errors.Is(err, wrapper.ErrInvalid), apps.MatchString(id); got != want {
			t.Errorf("app %q: taken %v, want %v", id, got, want)
		}
	}
}
