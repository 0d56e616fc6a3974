package auth

// The environment variables that hold a key, and the forms that a PEM file takes in one.

import (
	"encoding/base64"
	"os"
	"strings"
)

// variables are the names of one tool's environment variables, or their values.
type variables struct{ keyID, issuerID, content, file string }

// environment returns the first set of variables of which any has a value.
func environment() (names, values variables) {
	for _, names = range []variables{
		{"ASC_KEY_ID", "ASC_ISSUER_ID", "ASC_PRIVATE_KEY", "ASC_PRIVATE_KEY_PATH"},
		{"APP_STORE_CONNECT_API_KEY_KEY_ID", "APP_STORE_CONNECT_API_KEY_ISSUER_ID",
			"APP_STORE_CONNECT_API_KEY_KEY", "APP_STORE_CONNECT_API_KEY_KEY_FILEPATH"},
	} {
		values = variables{os.Getenv(names.keyID), os.Getenv(names.issuerID), os.Getenv(names.content), os.Getenv(names.file)}
		if values != (variables{}) {
			break
		}
	}
	return names, values
}

// unfoldPEM returns the PEM in the value of a variable: as it is, with \n
// written as two characters, or in base64. Anything else is returned almost
// unchanged, for the parser to refuse.
func unfoldPEM(value string) []byte {
	value = strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(value)
	// A hyphen is not in the alphabet of base64, so PEM never decodes.
	compact := strings.TrimRight(strings.Join(strings.Fields(value), ""), "=")
	if decoded, err := base64.RawStdEncoding.DecodeString(compact); err == nil {
		return decoded
	}
	return []byte(value)
}
