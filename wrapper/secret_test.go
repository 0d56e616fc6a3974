package wrapper_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestSecretIsNeverPrinted sweeps every way in which a Secret, or something
// that holds one, may reach a log.
func TestSecretIsNeverPrinted(t *testing.T) {
	canary := rand.Text()
	secret := wrapper.NewSecret(canary)
	holders := map[string]any{
		"value":      secret,
		"pointer":    &secret,
		"params":     wrapper.MarketplaceWebhookParams{EndpointURL: "https://example.com", Secret: secret},
		"pointers":   &wrapper.MarketplaceWebhookParams{Secret: secret},
		"unexported": struct{ secret wrapper.Secret }{secret},
		"nested":     []any{map[string]wrapper.Secret{"a": secret}, [1]wrapper.Secret{secret}},
		"error":      fmt.Errorf("with %v", secret),
	}
	for name, holder := range holders {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%t"} {
				fmt.Fprintf(&out, verb+"\n", holder)
			}
			text := slog.New(slog.NewTextHandler(&out, nil))
			text.Info("text", "holder", holder, slog.Any("group", slog.GroupValue(slog.Any("holder", holder))))
			slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "holder", holder)
			if encoded, err := json.Marshal(holder); err == nil {
				out.Write(encoded)
			}
			if encoded, err := xml.Marshal(holder); err == nil {
				out.Write(encoded)
			}
			func() {
				defer func() { fmt.Fprintln(&out, recover()) }()
				panic(fmt.Sprint(holder))
			}()
			forms := []string{
				canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprintf("%d", []byte(canary)),
			}
			for _, form := range forms {
				if strings.Contains(out.String(), form) {
					t.Errorf("the secret is in the output:\n%s", &out)
				}
			}
		})
	}
}

// TestReflectionFindsNoSecret: printers such as spew follow every field and
// pointer, whatever methods there are.
func TestReflectionFindsNoSecret(t *testing.T) {
	canary := rand.Text()
	holder := &wrapper.MarketplaceWebhookParams{EndpointURL: "found", Secret: wrapper.NewSecret(canary)}
	var strs []string
	walkStrings(reflect.ValueOf(holder), &strs)
	if !slices.Equal(strs, []string{"found"}) {
		t.Errorf("reflection found %d strings", len(strs))
	}
}

func walkStrings(v reflect.Value, found *[]string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walkStrings(v.Elem(), found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walkStrings(v.Field(i), found)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walkStrings(v.Index(i), found)
		}
	case reflect.String:
		*found = append(*found, v.String())
	}
}

func TestSecretIsZero(t *testing.T) {
	if !(wrapper.Secret{}).IsZero() {
		t.Error("the zero Secret was given")
	}
	if wrapper.NewSecret("").IsZero() {
		t.Error("an empty Secret was not given")
	}
}

// TestZeroValues: everything else that is exported.
func TestZeroValues(t *testing.T) {
	for _, value := range []any{
		wrapper.Secret{}, wrapper.MarketplaceWebhook{}, wrapper.MarketplaceWebhookParams{}, wrapper.ErrorObject{},
		wrapper.Retry{}, wrapper.RateLimit{}, wrapper.Quota{}, wrapper.Webhook{}, wrapper.WebhookParams{}, wrapper.Delivery{},
		wrapper.DeliveryFilter{}, wrapper.PackageVersion{}, wrapper.PackageFile{}, wrapper.DownloadURL{},
		ensured{}, wrapper.EnsureResult[wrapper.Webhook]{}, wrapper.EventType(""), &wrapper.Client{},
	} {
		_ = fmt.Sprintf("%v %+v %#v %s", value, value, value, value)
		_, _ = json.Marshal(value)
	}
	if !(wrapper.DownloadURL{}).IsZero() || (wrapper.DownloadURL{}).Reveal() != "" {
		t.Error("the zero DownloadURL is a URL")
	}
}
