package main

// Secrets: from a file, standard input or the environment.

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

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
		if value := os.Getenv(secretVariable); value != "" {
			return checkSecret([]byte(value))
		}
		return nil, nil
	}
	content, err := s.readInput("--secret-file", path, maxSecret+2)
	if err != nil {
		return nil, err
	}
	if line, ok := bytes.CutSuffix(content, []byte("\n")); ok {
		content = bytes.TrimSuffix(line, []byte("\r"))
	}
	return checkSecret(content)
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

func checkSecret(secret []byte) ([]byte, error) {
	switch {
	case len(secret) == 0:
		return nil, usagef("--secret-file: the secret is empty")
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
			return nil, usagef("%s: %w", flag, withoutPath(err))
		}
		defer func() { _ = file.Close() }()
		from = file
	} else if isTerminal(s.stdin) {
		return nil, usagef("%s -: standard input is a terminal, which would show what is typed; pipe it in", flag)
	}
	content, err := io.ReadAll(io.LimitReader(from, limit))
	if err != nil {
		return nil, usagef("%s: %w", flag, withoutPath(err))
	}
	return content, nil
}

func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
