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
	b.Run("ours", func(b *testing.B) {
		verifier, err := notification.NewVerifier(benchSecret)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verifier.Verify(body, header); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reference", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := plainVerify(benchSecret, body, header); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerifyDecode(b *testing.B) {
	body := benchBody(b)
	header := notification.Sign(benchSecret, body)
	b.Run("ours", func(b *testing.B) {
		verifier, err := notification.NewVerifier(benchSecret)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verifier.Verify(body, header); err != nil {
				b.Fatal(err)
			}
			if _, err := notification.Decode(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reference", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := plainVerify(benchSecret, body, header); err != nil {
				b.Fatal(err)
			}
			var n plainNotification
			if err := json.Unmarshal(body, &n); err != nil {
				b.Fatal(err)
			}
		}
	})
}
