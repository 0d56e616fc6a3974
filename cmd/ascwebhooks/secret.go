package main

// Secrets: from a file, standard input or the environment.

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

const (
	secretVariable = "ASC_WEBHOOK_SECRET"
	maxSecret      = 4 << 10
)

func secretFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "secret-file", "", "`path` of a file that holds the secret, - for standard input (or the secret\nitself in "+secretVariable+"); one newline at the end is not part of it")
	completeFiles(cmd, "secret-file")
}

// secret returns the secret in the file at path or, without a path, in the
// environment; nil if there is none.
func (s *system) secret(path string) ([]byte, error) {
	if path == "" {
		value := os.Getenv(secretVariable)
		if value == "" {
			return nil, nil
		}
		if strings.Contains(value, " ") { // services may list theirs in it, and Apple would take the list for a secret
			return nil, usagef("%s has a space in it: give the one secret that is meant with --secret-file", secretVariable)
		}
		return trimSecret(secretVariable, []byte(value))
	}
	content, err := s.readInput("--secret-file", path, maxSecret+2)
	if err != nil {
		return nil, err
	}
	return trimSecret("--secret-file", content)
}

// needSecret is secret for commands that need one.
func (s *system) needSecret(path string) ([]byte, error) {
	secret, err := s.secret(path)
	if err == nil && secret == nil {
		return nil, usagef("the secret is missing: give --secret-file or set %s", secretVariable)
	}
	return secret, err
}

// asSecret makes no secret the zero Secret, which changes nothing.
func asSecret(secret []byte, err error) (wrapper.Secret, error) {
	if secret == nil {
		return wrapper.Secret{}, err
	}
	return wrapper.NewSecret(string(secret)), err
}

// trimSecret removes one newline at the end: LF, CRLF or CR.
func trimSecret(place string, secret []byte) ([]byte, error) {
	secret = bytes.TrimSuffix(bytes.TrimSuffix(secret, []byte("\n")), []byte("\r"))
	switch {
	case len(secret) == 0:
		return nil, usagef("%s: the secret is empty", place)
	case bytes.HasSuffix(secret, []byte("\n")), bytes.HasSuffix(secret, []byte("\r")):
		return nil, usagef("%s: the secret ends in more than one newline: leave one at most", place)
	case len(secret) > maxSecret:
		return nil, usagef("the secret is over 4 KiB: give the file that holds only the secret")
	}
	return secret, nil
}

// readInput reads at most limit bytes of the file that a flag names. Errors do
// not repeat the path: it may be a secret that was given in the wrong place.
func (s *system) readInput(flag, path string, limit int64) ([]byte, error) {
	from := s.stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, cannotOpen(flag, path, err)
		}
		defer func() { _ = file.Close() }()
		from = file
	} else if isTerminal(s.stdin) {
		return nil, usagef("%s -: standard input is a terminal, which would show what is typed; pipe it in", flag)
	}
	content, err := io.ReadAll(io.LimitReader(from, limit))
	if err != nil {
		return nil, cannotOpen(flag, path, err)
	}
	return content, nil
}

// cannotOpen says which file a flag names and what it must be.
func cannotOpen(flag, path string, err error) error {
	const next = "give the path of a file that can be read, or - for standard input"
	return usagef("%s: %s: %w; %s", flag, shownPath(path), withoutPath(err), next)
}

// shownPath is the path if it can only be one: its folder is there, or it ends as
// names of files do. Anything else may be a secret.
func shownPath(path string) string {
	folder, err := os.Stat(filepath.Dir(path))
	isPath := strings.ContainsRune(path, filepath.Separator) && err == nil && folder.IsDir() && filepath.Dir(path) != "/"
	extension := []string{".txt", ".json", ".key", ".pem", ".p8", ".secret"}
	if len(path) <= 256 && (isPath || slices.Contains(extension, filepath.Ext(path))) {
		return oneLine(path)
	}
	return "the file (not shown, it may be a secret)"
}

func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
