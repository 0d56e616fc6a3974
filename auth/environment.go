package auth

// The environment variables that hold a key.

import "os"

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
