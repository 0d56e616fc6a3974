package main

// Whether a saved body is genuine, and what may have damaged one that is not.

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/notification"
)

func newVerify(sys *system) *cobra.Command {
	var secretFile, signature string
	cmd := &cobra.Command{
		Use:   "verify BODY --signature VALUE",
		Short: "Check the signature of a saved body",
		Long: `Check a saved body, a file or - for standard input, against the value of the header
` + notification.SignatureHeader + ` that came with it. If the body is not genuine, it also tries
what often happens to one on its way to the code that verifies it: a newline
added, or JSON that was parsed and written again. It exits with 1 unless the body
is genuine as it is.`,
		Example: `  ascwebhooks verify body.json --secret-file secret.txt \
    --signature hmacsha256=1d0d2b6a4bfb5e5a2e0f8f0a9c2c7d5e4b3a29180706f5e4d3c2b1a09f8e7d6c`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if signature == "" {
				return usagef("--signature is missing: give the value of the header %s", notification.SignatureHeader)
			}
			if args[0] == "-" && secretFile == "-" {
				return usagef("standard input cannot be both the secret and the body")
			}
			secret, err := sys.needSecret(secretFile)
			if err != nil {
				return err
			}
			body, err := sys.readInput("BODY", args[0], maxNotifyBody+1)
			if err != nil {
				return err
			}
			if len(body) > maxNotifyBody {
				return usagef("BODY: over 1 MiB")
			}
			verifier, err := notification.NewVerifier(secret)
			if err != nil {
				return err
			}
			return sys.verify(verifier, body, signature)
		},
	}
	cmd.Flags().StringVar(&signature, "signature", "", "`value` of the header "+notification.SignatureHeader)
	secretFlag(cmd, &secretFile)
	return cmd
}

func (s *system) verify(verifier *notification.Verifier, body []byte, signature string) error {
	_, err := verifier.Verify(body, signature)
	if err == nil {
		return s.print(map[string]any{"genuine": true}, "genuine\n")
	}
	damage := "" // none that is known
	for _, repair := range repairs(body) {
		if _, err := verifier.Verify(repair.body, signature); err == nil {
			damage = repair.damage
			break
		}
	}
	document, text := map[string]any{"genuine": false}, "not genuine\n"
	if damage != "" {
		document["damage"], text = damage, "not genuine; it was, before "+damage+"\n"
	}
	if err := s.print(document, text); err != nil {
		return err
	}
	if damage != "" {
		return errors.New("the body was changed after it was signed: " + damage + ". Verify the bytes as they were received")
	}
	return errors.New("the signature does not match. Check that this is the webhook's secret, to the last byte, " +
		"and the signature that came with this body")
}

// repair is a body as it may have been before some damage.
type repair struct {
	damage string
	body   []byte
}

// repairs undoes what common code does to a body.
func repairs(body []byte) []repair {
	trimmed := bytes.TrimRight(body, "\r\n")
	all := []repair{
		{"a newline at its end was added", trimmed},
		{"a newline at its end was removed", append(bytes.Clone(trimmed), '\n')},
		{"its newlines became CRLF", bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))},
		{"a byte order mark was added", bytes.TrimPrefix(body, []byte("\ufeff"))},
	}
	var text bytes.Buffer
	if json.Compact(&text, body) != nil {
		return all
	}
	compact := text.Bytes()
	forms := [][]byte{
		compact, spaced(compact),
		bytes.ReplaceAll(compact, []byte("/"), []byte(`\/`)), bytes.ReplaceAll(compact, []byte(`\/`), []byte("/")),
	}
	for _, indent := range []string{"  ", "    ", "\t"} {
		var text bytes.Buffer
		_ = json.Indent(&text, compact, "", indent)
		forms = append(forms, text.Bytes())
	}
	const again = "the JSON was parsed and written again"
	for _, form := range forms {
		all = append(all, repair{again, form}, repair{again, append(bytes.Clone(form), '\n')})
	}
	return all
}

// spaced puts a space after each comma and colon, as Python does.
func spaced(compact []byte) (out []byte) {
	quoted := false
	for i, b := range compact {
		if b == '"' && !escaped(compact[:i]) {
			quoted = !quoted
		}
		out = append(out, b)
		if !quoted && (b == ',' || b == ':') {
			out = append(out, ' ')
		}
	}
	return out
}

// escaped reports an odd number of backslashes at the end.
func escaped(before []byte) bool {
	return (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 1
}
