package contract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Subscription is the API's spelling of an event's type: BUILD_UPLOAD_STATE_UPDATED for buildUploadStateUpdated. It is
// empty for a ping and for the types of marketplaceWebhooks, which begin with a capital: nothing subscribes to them.
func Subscription(eventType string) string {
	if first, _ := utf8.DecodeRuneInString(eventType); !unicode.IsLower(first) || eventType == "webhookPingCreated" {
		return ""
	}
	var b strings.Builder
	for _, r := range eventType {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}
