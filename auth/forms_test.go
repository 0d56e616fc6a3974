package auth_test

import (
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ascmarketplace/webhooks/auth"
)

// keyForms are what other tools make of a .p8 file's content: where they keep
// it, print it, or ask people to paste it. The key ID is in the JSON forms only.
func keyForms() map[string]func(p8 string) string {
	escaped := func(p8 string) string { return strings.ReplaceAll(p8, "\n", `\n`) }
	bare := func(p8 string) string {
		lines := strings.Split(strings.TrimSpace(p8), "\n")
		return strings.Join(lines[1:len(lines)-1], "\n")
	}
	oneLine := func(p8 string) string { return strings.ReplaceAll(p8, "\n", "") }
	encoded := func(p8 string) string { return base64.StdEncoding.EncodeToString([]byte(p8)) }
	quoted := func(p8 string) string { // as JSON
		text, _ := json.Marshal(p8)
		return string(text)
	}
	return map[string]func(p8 string) string{
		"App Store Connect, the file":                       strings.TrimSpace,
		"Codemagic, the content":                            strings.TrimSpace,
		"fastlane key_content":                              escaped,
		"fastlane is_key_content_base64":                    encoded,
		"GitLab Apple App Store integration":                encoded,
		"asc ASC_PRIVATE_KEY_B64, unpadded":                 func(p8 string) string { return strings.TrimRight(encoded(p8), "=") },
		"GitHub secret from GNU base64, wrapped":            func(p8 string) string { return wrap(encoded(p8), 76) },
		"Kubernetes data of a value that was base64":        func(p8 string) string { return encoded(encoded(p8)) },
		"Bitrise private_key, no BEGIN and END":             bare,
		"AppStoreConnect-Swift-SDK, bare on one line":       func(p8 string) string { return oneLine(bare(p8)) },
		"AppStoreConnect-Swift-SDK in docker --env-file":    func(p8 string) string { return `"` + oneLine(bare(p8)) + `"` },
		"docker --env-file, double quotes":                  func(p8 string) string { return `"` + escaped(p8) + `"` },
		"docker --env-file, single quotes":                  func(p8 string) string { return `'` + escaped(p8) + `'` },
		"docker --env-file, base64 in quotes":               func(p8 string) string { return `"` + encoded(p8) + `"` },
		"sh, echo $KEY":                                     func(p8 string) string { return strings.Join(strings.Fields(p8), " ") },
		"sh, tr -d '\\n'":                                   oneLine,
		"sh, tr -d '[:space:]'":                             func(p8 string) string { return strings.Join(strings.Fields(p8), "") },
		"cmd.exe, CR as text too":                           func(p8 string) string { return strings.ReplaceAll(p8, "\n", `\r\n`) },
		"JSON string":                                       quoted,
		"JSON string in a JSON string":                      func(p8 string) string { return quoted(quoted(p8)) },
		"JSON three times":                                  func(p8 string) string { return quoted(quoted(quoted(p8))) },
		"PHP json_encode":                                   func(p8 string) string { return strings.ReplaceAll(quoted(p8), "/", `\/`) },
		"Terraform, an indented heredoc":                    func(p8 string) string { return "  " + strings.ReplaceAll(p8, "\n", "\n  ") },
		"Windows Notepad, CRLF and a byte order mark":       func(p8 string) string { return "\uFEFF" + strings.ReplaceAll(p8, "\n", "\r\n") },
		"Windows PowerShell 5, UTF-16":                      func(p8 string) string { return utf16le(p8) },
		"a web page, no-break and zero-width spaces":        func(p8 string) string { return strings.ReplaceAll(p8, "\n", "\u00A0\u200B") },
		"openssl -outform DER":                              der,
		"openssl -outform DER, in base64 with a final CRLF": func(p8 string) string { return encoded(der(p8)) + "\r\n" },
	}
}

func wrap(text string, width int) string {
	var lines strings.Builder
	for len(text) > width {
		lines.WriteString(text[:width] + "\n")
		text = text[width:]
	}
	return lines.String() + text + "\n"
}

func utf16le(text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\uFEFF" + strings.ReplaceAll(text, "\n", "\r\n"))) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}

func der(p8 string) string {
	lines := strings.Split(strings.TrimSpace(p8), "\n")
	out, _ := base64.StdEncoding.DecodeString(strings.Join(lines[1:len(lines)-1], ""))
	return string(out)
}

// TestKeysInTheFormsOfOtherTools reads each form from a file and from a variable.
func TestKeysInTheFormsOfOtherTools(t *testing.T) {
	private := newPrivateKey(t, elliptic.P256())
	for name, form := range keyForms() {
		t.Run(name, func(t *testing.T) {
			newSetup(t)
			text := form(pkcs8(t, private))
			key, err := auth.ReadKeyFile(write(t, "any", text), keyID, issuerID)
			if err != nil {
				t.Fatalf("file: %v", err)
			}
			checkKey(t, key, keyID, issuerID, private)
			if strings.Contains(text, "\x00") {
				return // no variable can hold it
			}
			setenv(t, "ASC_KEY_ID", keyID, "ASC_ISSUER_ID", issuerID, "ASC_PRIVATE_KEY", text)
			key, err = auth.FindKey(auth.KeyHint{})
			if err != nil {
				t.Fatalf("variable: %v", err)
			}
			checkKey(t, key, keyID, issuerID, private)
		})
	}
}
