package notification_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/sidebyside"
	"github.com/ascmarketplace/webhooks/notification"
)

var benchSecret = []byte("0123456789abcdef0123456789abcdef")

// benchBody is a notification of 576 bytes, laid out as Apple documents it.
func benchBody(tb testing.TB) []byte {
	var body bytes.Buffer
	if err := json.Indent(&body, fixtures(tb)["package_version_available.json"], "", " "); err != nil {
		tb.Fatal(err)
	}
	return append(body.Bytes(), bytes.Repeat([]byte("\n"), 576-body.Len())...)
}

// plainVerify is what one writes with crypto/hmac alone.
func plainVerify(secret, body []byte, header string) error {
	claimed, err := hex.DecodeString(strings.TrimPrefix(header, "hmacsha256="))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil), claimed) {
		return errors.New("mismatch")
	}
	return nil
}

// plainNotification is what one writes for json.Unmarshal alone.
type plainNotification struct {
	Data struct {
		Type       string    `json:"type"`
		Version    int       `json:"version"`
		ID         string    `json:"id"`
		Timestamp  time.Time `json:"timestamp"`
		Attributes struct {
			MarketplaceAppID  string    `json:"marketplaceAppId"`
			AppID             string    `json:"appId"`
			PackageID         string    `json:"alternativeDistributionPackageId"`
			PackageVersionID  string    `json:"alternativeDistributionPackageVersionId"`
			PackageVersionNum string    `json:"alternativeDistributionPackageVersionNum"`
			EventTimestamp    time.Time `json:"eventTimestamp"`
		} `json:"attributes"`
	} `json:"data"`
}

func BenchmarkVerify(b *testing.B) {
	body := benchBody(b)
	header := notification.Sign(benchSecret, body)
	verifier, err := notification.NewVerifier(benchSecret)
	if err != nil {
		b.Fatal(err)
	}
	sidebyside.Run(b,
		func() error { _, err := verifier.Verify(body, header); return err },
		func() error { return plainVerify(benchSecret, body, header) })
}

func BenchmarkVerifyDecode(b *testing.B) {
	benchmarkVerifyDecode[plainNotification](b, benchBody(b))
}

// plainWebhookEvent is the same for the events of webhooks. Each variant has
// the attributes and relationships of some types only.
type plainWebhookEvent[Attributes, Relationships any] struct {
	Data struct {
		Type          string        `json:"type"`
		Version       int           `json:"version"`
		ID            string        `json:"id"`
		Attributes    Attributes    `json:"attributes"`
		Relationships Relationships `json:"relationships"`
	} `json:"data"`
}

type (
	plainResource struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}
	plainNested struct {
		Instance struct {
			Data plainResource `json:"data"`
		} `json:"instance"`
	}
	plainFlat struct {
		Instance plainResource `json:"instance"`
	}
	plainMarketplace struct {
		plainNested
		MarketplaceApp struct {
			Data plainResource `json:"data"`
		} `json:"marketplaceApp"`
	}

	plainTime struct {
		Timestamp time.Time `json:"timestamp"`
	}
	plainApp struct {
		AppID     string    `json:"appId"`
		Timestamp time.Time `json:"timestamp"`
	}
	plainAvailability struct {
		AppID       string    `json:"appId"`
		Available   bool      `json:"available"`
		Territories []string  `json:"territories"`
		Timestamp   time.Time `json:"timestamp"`
	}
	plainValue struct {
		Old       string    `json:"oldValue"`
		New       string    `json:"newValue"`
		Timestamp time.Time `json:"timestamp"`
	}
	plainState struct {
		Old       string    `json:"oldState"`
		New       string    `json:"newState"`
		Timestamp time.Time `json:"timestamp"`
	}
	plainExternal struct {
		Old       string    `json:"oldExternalBuildState"`
		New       string    `json:"newExternalBuildState"`
		Timestamp time.Time `json:"timestamp"`
	}
)

// webhookBenchmarks has the benchmark that is fair to each type.
var webhookBenchmarks = map[string]func(*testing.B, []byte){
	"alternativeDistributionPackageVersionCreated":          plainly[plainApp, plainMarketplace],
	"alternativeDistributionPackageAvailableUpdated":        plainly[plainAvailability, plainMarketplace],
	"alternativeDistributionTerritoryAvailabilityUpdated":   plainly[plainAvailability, plainMarketplace],
	"appStoreVersionAppVersionStateUpdated":                 plainly[plainValue, plainNested],
	"buildUploadStateUpdated":                               plainly[plainState, plainNested],
	"buildBetaDetailExternalBuildStateUpdated":              plainly[plainExternal, plainNested],
	"betaFeedbackCrashSubmissionCreated":                    plainly[plainTime, plainNested],
	"betaFeedbackScreenshotSubmissionCreated":               plainly[plainTime, plainNested],
	"backgroundAssetVersionStateUpdated":                    plainly[plainState, plainFlat],
	"backgroundAssetVersionInternalBetaReleaseCreated":      plainly[plainTime, plainFlat],
	"backgroundAssetVersionExternalBetaReleaseStateUpdated": plainly[plainState, plainFlat],
	"backgroundAssetVersionAppStoreReleaseStateUpdated":     plainly[plainState, plainFlat],
	"webhookPingCreated":                                    plainly[plainTime, struct{}],
}

func plainly[Attributes, Relationships any](b *testing.B, body []byte) {
	benchmarkVerifyDecode[plainWebhookEvent[Attributes, Relationships]](b, body)
}

// BenchmarkVerifyDecodeWebhook takes the event that is slowest against its reference.
func BenchmarkVerifyDecodeWebhook(b *testing.B) {
	const typ = "backgroundAssetVersionStateUpdated"
	webhookBenchmarks[typ](b, compact(b, typ))
}

// BenchmarkVerifyDecodeEach has them all.
func BenchmarkVerifyDecodeEach(b *testing.B) {
	for typ, benchmark := range webhookBenchmarks {
		b.Run(typ, func(b *testing.B) { benchmark(b, compact(b, typ)) })
	}
}

// compact returns a fixture as it comes over the wire, without white space.
func compact(tb testing.TB, typ string) []byte {
	var body bytes.Buffer
	if err := json.Compact(&body, fixtures(tb)[typ+".json"]); err != nil {
		tb.Fatal(err)
	}
	return body.Bytes()
}

// benchmarkVerifyDecode compares with crypto/hmac and json.Unmarshal into a Plain.
func benchmarkVerifyDecode[Plain any](b *testing.B, body []byte) {
	header := notification.Sign(benchSecret, body)
	verifier, err := notification.NewVerifier(benchSecret)
	if err != nil {
		b.Fatal(err)
	}
	sidebyside.Run(b,
		func() error {
			if _, err := verifier.Verify(body, header); err != nil {
				return err
			}
			_, err := notification.Decode(body)
			return err
		},
		func() error {
			if err := plainVerify(benchSecret, body, header); err != nil {
				return err
			}
			var n Plain
			return json.Unmarshal(body, &n)
		})
}
