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

// benchSecret and benchBody are what `make bench` compares over: a body of 576 bytes.
var (
	benchSecret = []byte("0123456789abcdef0123456789abcdef")
	benchBody   = paddedBody(576)
	benchHeader = notification.Sign(benchSecret, benchBody)
)

func paddedBody(size int) []byte {
	body, err := json.Marshal(notification.New(&notification.PackageVersionAvailable{
		MarketplaceAppID:  "1234567890",
		AppID:             "9876543210",
		PackageID:         "b7c2a2de-93a5-4a1e-8f57-0d8a3f3c6e42",
		PackageVersionID:  "0f6de1f5-1d0b-4c3b-8a39-d1a7f1b7e903",
		PackageVersionNum: "3",
	}))
	if err != nil {
		panic(err)
	}
	return append(bytes.Repeat([]byte(" "), size-len(body)), body...)
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
	b.Run("ours", func(b *testing.B) {
		verifier, err := notification.NewVerifier(benchSecret)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verifier.Verify(benchBody, benchHeader); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reference", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := plainVerify(benchSecret, benchBody, benchHeader); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerifyDecode(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		verifier, err := notification.NewVerifier(benchSecret)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := verifier.Verify(benchBody, benchHeader); err != nil {
				b.Fatal(err)
			}
			if _, err := notification.Decode(benchBody); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reference", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := plainVerify(benchSecret, benchBody, benchHeader); err != nil {
				b.Fatal(err)
			}
			var n plainNotification
			if err := json.Unmarshal(benchBody, &n); err != nil {
				b.Fatal(err)
			}
		}
	})
}
