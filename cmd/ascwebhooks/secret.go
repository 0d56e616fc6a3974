package main

// Secrets: from a file, standard input or the environment.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const (
	secretVariable = "ASC_WEBHOOK_SECRET"
	maxSecret      = 4 << 10
)

func secretFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "secret-file", "", "`path` of a file that holds the secret, - for standard input (or the secret\nitself in "+secretVariable+"); one newline at the end is not part of it")
}

// secret returns the secret that the flag or the environment gives, or nil if
// neither does. The flag wins.
func (s *system) secret(cmd *cobra.Command) ([]byte, error) {
	flag := cmd.Flags().Lookup("secret-file")
	if flag.Changed {
		return s.readSecret(flag.Value.String())
	}
	if value := s.getenv(secretVariable); value != "" {
		return []byte(value), checkSecretSize(value)
	}
	return nil, nil
}

// needSecret is secret for commands that can't do without.
func (s *system) needSecret(cmd *cobra.Command) ([]byte, error) {
	secret, err := s.secret(cmd)
	if err == nil && secret == nil {
		return nil, usagef("the secret is missing: give --secret-file or set %s", secretVariable)
	}
	return secret, err
}

// readSecret reads a secret file. Its path is not repeated in an error: it may
// be the secret itself.
func (s *system) readSecret(path string) ([]byte, error) {
	content, err := s.readInput("--secret-file", path, maxSecret+2)
	if err != nil {
		return nil, err
	}
	if line, ok := bytes.CutSuffix(content, []byte("\n")); ok {
		content = bytes.TrimSuffix(line, []byte("\r"))
	}
	if len(content) == 0 {
		return nil, errors.New("--secret-file: the secret is empty")
	}
	return content, checkSecretSize(content)
}

func checkSecretSize[T []byte | string](secret T) error {
	if len(secret) > maxSecret {
		return errors.New("the secret is over 4 KiB: this is something else")
	}
	return nil
}

// readInput reads at most limit bytes of the file that a flag names.
func (s *system) readInput(flag, path string, limit int64) ([]byte, error) {
	var from io.Reader
	switch path {
	case "":
		return nil, usagef("%s needs a path, or - for standard input", flag)
	case "-":
		if s.onTerminal() {
			return nil, usagef("%s -: standard input is a terminal, which would show what is typed; pipe it in", flag)
		}
		from = s.stdin
	default:
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, withoutPath(err))
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	content, err := io.ReadAll(io.LimitReader(from, limit))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, withoutPath(err))
	}
	return content, nil
}

func withoutPath(err error) error {
	if fault, ok := errors.AsType[*fs.PathError](err); ok {
		return fault.Err
	}
	return err
}

// onTerminal reports whether somebody can be asked.
func (s *system) onTerminal() bool {
	file, ok := s.stdin.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
