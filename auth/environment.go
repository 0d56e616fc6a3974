package auth

// The environment variables that hold a key.

import (
	"os"
	"slices"
	"strings"
)

// setting is an environment variable that has a value, or zero.
type setting struct{ name, value string }

// environment is what one tool's variables say about a key.
type environment struct{ keyID, issuerID, content, file setting }

// readEnvironment reads the first set of variables of which any has a value.
func readEnvironment() (env environment) {
	for _, names := range [][4]string{
		{"ASC_KEY_ID", "ASC_ISSUER_ID", "ASC_PRIVATE_KEY ASC_PRIVATE_KEY_B64", "ASC_PRIVATE_KEY_PATH"},
		{"APP_STORE_CONNECT_API_KEY_KEY_ID", "APP_STORE_CONNECT_API_KEY_ISSUER_ID", "APP_STORE_CONNECT_API_KEY_KEY",
			"APP_STORE_CONNECT_API_KEY_KEY_FILEPATH APP_STORE_CONNECT_API_KEY_PATH"}, // fastlane, GitLab
		{"SPACESHIP_CONNECT_API_KEY_ID", "SPACESHIP_CONNECT_API_ISSUER_ID", "SPACESHIP_CONNECT_API_KEY",
			"SPACESHIP_CONNECT_API_KEY_FILEPATH"}, // fastlane
		{"APP_STORE_CONNECT_KEY_IDENTIFIER APP_STORE_CONNECT_KEY_ID", "APP_STORE_CONNECT_ISSUER_ID",
			"APP_STORE_CONNECT_PRIVATE_KEY", "APP_STORE_CONNECT_PRIVATE_KEY_PATH"}, // Codemagic, Terraform
		{"EXPO_ASC_KEY_ID", "EXPO_ASC_ISSUER_ID", "", "EXPO_ASC_API_KEY_PATH"}, // Expo
	} {
		env = environment{firstSet(names[0]), firstSet(names[1]), firstSet(names[2]), firstSet(names[3])}
		if env != (environment{}) {
			break
		}
	}
	return env
}

func firstSet(names string) setting {
	for name := range strings.FieldsSeq(names) {
		if value := os.Getenv(name); value != "" {
			return setting{name, value}
		}
	}
	return setting{}
}

// isIndividual reports what ASC_KEY_TYPE says.
func isIndividual() (bool, error) {
	switch strings.ToLower(os.Getenv("ASC_KEY_TYPE")) {
	case "individual":
		return true, nil
	case "team", "":
		return false, nil
	default:
		return false, invalidKey("ASC_KEY_TYPE must be team or individual")
	}
}

// lookAlikes names the other variables that seem to hold a key ID or, unless
// that is all that is missing, a private key.
func (env environment) lookAlikes(keyIDsOnly bool) (names []string) {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		hasPrefix := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		contains := func(part string) bool { return strings.Contains(name, part) }
		switch {
		case value == "", name == env.keyID.name, name == "ASC_KEY_TYPE", contains("ISSUER"), contains("KEYCHAIN"):
		case keyIDsOnly && !contains("KEY_ID"), !contains("KEY") && !contains("P8"):
		case slices.ContainsFunc([]string{"ASC_", "APP_STORE_", "APPSTORE_", "APPLE_API_", "EXPO_ASC_", "SPACESHIP_"}, hasPrefix):
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
