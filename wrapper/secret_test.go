package wrapper_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
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
		"create":     wrapper.CreateMarketplaceWebhook{EndpointURL: "https://example.com", Secret: secret},
		"update":     &wrapper.UpdateMarketplaceWebhook{Secret: secret},
		"ensure":     wrapper.EnsureMarketplaceWebhook{Secret: secret},
		"unexported": struct{ secret wrapper.Secret }{secret},
		"nested":     []any{map[string]wrapper.Secret{"a": secret}, [1]wrapper.Secret{secret}},
		"key":        map[wrapper.Secret]int{secret: 1},
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
			for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprintf("%d", []byte(canary))} {
				if strings.Contains(out.String(), form) {
					t.Errorf("the secret is in the output:\n%s", &out)
				}
			}
		})
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
