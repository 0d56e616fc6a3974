package contract

// Responses never hold a secret.

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// MinSecret is how long a secret is that is looked for.
const MinSecret = 8

// checkSecrets adds a violation if a secret shows in the response. Not looked for are one of less than MinSecret
// bytes, which may be there by chance, and one that is a word of the OpenAPI document, of the request's URL or of the
// rate limit, which is there anyway.
func checkSecrets(found *violations, x *Exchange) {
	secrets := slices.Clone(x.Secrets)
	if sent, ok := sentSecret(x.Body); ok {
		secrets = append(secrets, sent)
	}
	secrets = slices.DeleteFunc(secrets, func(secret string) bool {
		return len(secret) < MinSecret || bytes.Contains(documentText(), []byte(secret)) ||
			strings.Contains(x.URL.String()+x.ResponseHeader.Get("X-Rate-Limit"), secret)
	})
	if len(secrets) == 0 {
		return
	}
	var value any
	if json.Unmarshal(x.Response, &value) != nil {
		value = string(x.Response)
	}
	for _, secret := range secrets {
		for name, values := range x.ResponseHeader {
			if strings.Contains(strings.Join(values, "\n"), secret) {
				found.addRule("header " + name + ": never holds the secret")
			}
		}
		if pointer, ok := findSecret(value, secret); ok {
			found.add(Violation{Pointer: pointer, Rule: "never holds the secret"})
		}
	}
}

// others are the members whose text the caller, a receiver or the error's author chose.
var others = map[string]bool{
	"endpointUrl": true, "url": true, "name": true, "payload": true, "body": true, "title": true, "detail": true,
}

// findSecret looks through the strings of a JSON value.
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
			if at, ok := findSecret(item, secret); ok && !others[name] {
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
