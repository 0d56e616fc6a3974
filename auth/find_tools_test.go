package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/auth"
)

// jsonKey is fastlane's API key file; a member that is nil is left out.
func jsonKey(members map[string]any) string {
	text, _ := json.Marshal(members)
	return string(text)
}

// TestFindKeyOfOtherTools finds a team key where other tools keep it.
func TestFindKeyOfOtherTools(t *testing.T) {
	fastlaneFile := func(pem string) string {
		return jsonKey(map[string]any{"key_id": keyID, "issuer_id": issuerID, "key": pem, "duration": 1200, "in_house": false})
	}
	for tool, prepare := range map[string]func(t *testing.T, pem string) auth.KeyHint{
		"asc, base64": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", keyID, "ASC_ISSUER_ID", issuerID,
				"ASC_PRIVATE_KEY_B64", base64.StdEncoding.EncodeToString([]byte(pem)))
			return auth.KeyHint{}
		},
		"Codemagic": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "APP_STORE_CONNECT_KEY_IDENTIFIER", keyID, "APP_STORE_CONNECT_ISSUER_ID", issuerID,
				"APP_STORE_CONNECT_PRIVATE_KEY", pem)
			return auth.KeyHint{}
		},
		"Terraform provider trogonstack/appstoreconnect": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "APP_STORE_CONNECT_KEY_ID", keyID, "APP_STORE_CONNECT_ISSUER_ID", issuerID,
				"APP_STORE_CONNECT_PRIVATE_KEY", pem)
			return auth.KeyHint{}
		},
		"app-store-connect-mcp": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "APP_STORE_CONNECT_KEY_ID", keyID, "APP_STORE_CONNECT_ISSUER_ID", issuerID,
				"APP_STORE_CONNECT_PRIVATE_KEY_PATH", write(t, "any.p8", pem))
			return auth.KeyHint{}
		},
		"Expo EAS": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "EXPO_ASC_KEY_ID", keyID, "EXPO_ASC_ISSUER_ID", issuerID,
				"EXPO_ASC_API_KEY_PATH", write(t, "any.p8", pem))
			return auth.KeyHint{}
		},
		"fastlane spaceship, content": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "SPACESHIP_CONNECT_API_KEY_ID", keyID, "SPACESHIP_CONNECT_API_ISSUER_ID", issuerID,
				"SPACESHIP_CONNECT_API_KEY", pem)
			return auth.KeyHint{}
		},
		"fastlane spaceship, file": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "SPACESHIP_CONNECT_API_KEY_ID", keyID, "SPACESHIP_CONNECT_API_ISSUER_ID", issuerID,
				"SPACESHIP_CONNECT_API_KEY_FILEPATH", write(t, "any.p8", pem))
			return auth.KeyHint{}
		},
		"fastlane api_key_path": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "APP_STORE_CONNECT_API_KEY_PATH", write(t, "key.json", fastlaneFile(pem)))
			return auth.KeyHint{}
		},
		"fastlane JSON, hinted": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "ASC_KEY_ID", "OTHER", "ASC_ISSUER_ID", "other")
			return auth.KeyHint{File: write(t, "key.json", fastlaneFile(pem))}
		},
		"fastlane JSON, with a byte order mark": func(t *testing.T, pem string) auth.KeyHint {
			return auth.KeyHint{File: write(t, "key.json", "\uFEFF\r\n"+fastlaneFile(pem))}
		},
		"fastlane JSON, is_key_content_base64": func(t *testing.T, pem string) auth.KeyHint {
			return auth.KeyHint{File: write(t, "key.json", jsonKey(map[string]any{"key_id": keyID, "issuer_id": issuerID,
				"key": base64.StdEncoding.EncodeToString([]byte(pem)), "is_key_content_base64": true}))}
		},
		"fastlane JSON in a variable": func(t *testing.T, pem string) auth.KeyHint {
			setenv(t, "ASC_PRIVATE_KEY", fastlaneFile(pem))
			return auth.KeyHint{}
		},
		"Bitrise JSON": func(t *testing.T, pem string) auth.KeyHint {
			bare := strings.Join(strings.Split(strings.TrimSpace(pem), "\n")[1:4], "\n")
			return auth.KeyHint{File: write(t, "apple_developer_portal_data.json",
				jsonKey(map[string]any{"key_id": keyID, "issuer_id": issuerID, "private_key": bare}))}
		},
	} {
		t.Run(tool, func(t *testing.T) {
			machine := newSetup(t)
			key, err := auth.FindKey(prepare(t, pkcs8(t, machine.one)))
			if err != nil {
				t.Fatal(err)
			}
			checkKey(t, key, keyID, issuerID, machine.one)
		})
	}
}

// TestFindIndividualKey: ASC_ISSUER_ID may be set for other programs on the machine.
func TestFindIndividualKey(t *testing.T) {
	for name, test := range map[string]struct {
		hint     auth.KeyHint
		env      []string
		json     bool // the key is in fastlane's JSON, without issuer_id
		issuerID string
	}{
		"hint":                          {auth.KeyHint{Individual: true}, nil, false, ""},
		"variable":                      {auth.KeyHint{}, []string{"ASC_KEY_TYPE", "individual"}, false, ""},
		"variable in upper case":        {auth.KeyHint{}, []string{"ASC_KEY_TYPE", "Individual"}, false, ""},
		"JSON":                          {auth.KeyHint{}, nil, true, ""},
		"team":                          {auth.KeyHint{}, []string{"ASC_KEY_TYPE", "team"}, false, "other"},
		"hinted issuer wins":            {auth.KeyHint{IssuerID: issuerID}, []string{"ASC_KEY_TYPE", "individual"}, false, issuerID},
		"hinted issuer wins over JSON":  {auth.KeyHint{IssuerID: issuerID}, nil, true, issuerID},
		"hint wins over the type: team": {auth.KeyHint{Individual: true}, []string{"ASC_KEY_TYPE", "team"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			machine := newSetup(t)
			setenv(t, append(test.env, "ASC_KEY_ID", keyID, "ASC_ISSUER_ID", "other")...)
			content := pkcs8(t, machine.one)
			if test.json {
				content = jsonKey(map[string]any{"key_id": keyID, "key": content})
			}
			setenv(t, "ASC_PRIVATE_KEY", content)
			key, err := auth.FindKey(test.hint)
			if err != nil {
				t.Fatal(err)
			}
			checkKey(t, key, keyID, test.issuerID, machine.one)
			if key, err = auth.FindKey(auth.KeyHint{Individual: true, IssuerID: issuerID}); !errors.Is(err, auth.ErrInvalidKey) {
				t.Errorf("both: got %v, %v, want ErrInvalidKey", key, err)
			}
		})
	}
}
