package asctest

// Responses never hold a secret.

import (
	"encoding/json"
	"strconv"
	"strings"
)

// checkSecrets adds a violation if a secret shows in the response. One of less
// than 8 bytes may be there by chance and is not looked for.
func checkSecrets(found *violations, x *exchange) {
	for _, secret := range x.secrets {
		if len(secret) < 8 {
			continue
		}
		for name, values := range x.responseHeader {
			if strings.Contains(strings.Join(values, "\n"), secret) && !strings.Contains(strings.Join(x.header[name], "\n"), secret) {
				found.add("", "header "+name+": never holds the secret")
			}
		}
		var value any
		if json.Unmarshal(x.response, &value) != nil {
			value = string(x.response)
		}
		if pointer, ok := findSecret(value, secret); ok {
			found.add(pointer, "never holds the secret")
		}
	}
}

// ownText are the members whose text App Store Connect does not choose: what
// the caller sent, and the words of its protocol, which may hold a secret that
// is a common word.
var ownText = map[string]bool{
	"endpointUrl": true, "url": true, "name": true, "payload": true, "body": true, "errorMessage": true,
	"type": true, "code": true, "title": true, "detail": true, "self": true, "next": true, "related": true,
}

// findSecret looks through the names and strings of a JSON value.
func findSecret(value any, secret string) (pointer string, ok bool) {
	switch value := value.(type) {
	case string:
		return "", strings.Contains(value, secret)
	case []any:
		for i, item := range value {
			if at, ok := findSecret(item, secret); ok {
				return "/" + strconv.Itoa(i) + at, true
			}
		}
	case map[string]any:
		for name, item := range value {
			if _, isText := item.(string); isText && ownText[name] {
				continue
			}
			if at, ok := findSecret(item, secret); ok {
				return "/" + escapePointer(name) + at, true
			}
		}
	}
	return "", false
}

// sentSecret returns the secret in the body of a create or update.
func sentSecret(body []byte) (string, bool) {
	var sent struct {
		Data struct {
			Attributes struct{ Secret *string }
		}
	}
	if json.Unmarshal(body, &sent) != nil || sent.Data.Attributes.Secret == nil {
		return "", false
	}
	return *sent.Data.Attributes.Secret, true
}
