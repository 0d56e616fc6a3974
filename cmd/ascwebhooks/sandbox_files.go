package main

// The files of the sandbox: its key, what is registered, and the variables of clients.

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/sandbox"
)

// defaultKeyID is the same at each start, as the issuer ID is.
const defaultKeyID = "SANDBOX000"

var keyName = regexp.MustCompile(`^AuthKey_([A-Za-z0-9]+)\.p8$`)

// key reads the key file, or makes a key; whatever else is in the file stays there.
func (f *sandboxFlags) key() (asctest.Key, error) {
	id := f.keyID
	if match := keyName.FindStringSubmatch(filepath.Base(f.keyFile)); match != nil {
		id = cmp.Or(id, match[1])
	}
	id = cmp.Or(id, defaultKeyID)
	if f.keyFile != "" {
		key, err := auth.ReadKeyFile(f.keyFile, id, f.issuerID)
		switch {
		case err == nil:
			return asctest.Key(key), nil
		case !errors.Is(err, fs.ErrNotExist):
			return asctest.Key{}, usagef("--key-file: %w; the file was left as it is", err)
		}
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return asctest.Key{}, err
	}
	key := asctest.Key{ID: id, IssuerID: f.issuerID, Signer: signer}
	if _, err := auth.NewTokenSource(auth.Key(key)); err != nil {
		return asctest.Key{}, usagef("--key-id, --issuer-id: %w", err)
	}
	if f.keyFile == "" {
		return key, nil
	}
	if err := createWhole(f.keyFile, key.PEM()); err != nil {
		return asctest.Key{}, cmdError("--key-file", err)
	}
	return key, nil
}

// cmdError names the flag, and not the path, which may be anything.
func cmdError(flag string, err error) error { return fmt.Errorf("%s: %w", flag, withoutPath(err)) }

// createWhole makes a file that is not there yet, whole or not at all.
func createWhole(path string, data []byte) error {
	return inFolder(path, func(folder *os.Root, name string) error {
		temporary := name + ".new"
		_ = folder.Remove(temporary + ".part")
		if err := writeWhole(folder, temporary, data); err != nil {
			return err
		}
		defer func() { _ = folder.Remove(temporary) }()
		return folder.Link(temporary, name) // fails if somebody else has made it
	})
}

// replaceWhole writes a file anew, whole or not at all.
func replaceWhole(path string, data []byte) error {
	return inFolder(path, func(folder *os.Root, name string) error { return writeWhole(folder, name, data) })
}

func inFolder(path string, write func(folder *os.Root, name string) error) error {
	folder, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	name := filepath.Base(path)
	_ = folder.Remove(name + ".part") // of a process that was killed
	return write(folder, name)
}

const maxState = 64 << 20

func (s *system) readState(flag, path string) (asctest.State, error) {
	data, err := s.readInput(flag, path, maxState)
	if err != nil {
		return asctest.State{}, err
	}
	state, err := sandbox.ReadState(data)
	if err != nil {
		return asctest.State{}, usagef("%s: %w", flag, err)
	}
	return state, nil
}

// keepState writes the state to the file at every change until ctx ends. saved waits for the last one, whose error it
// returns. Without a path nothing is written.
func (s *system) keepState(ctx context.Context, box *sandbox.Sandbox, path string) (saved func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	var written []byte
	write := func() error {
		now := box.State()
		if bytes.Equal(now, written) {
			return nil
		}
		if err := replaceWhole(path, now); err != nil {
			return cmdError("--state", err)
		}
		written = now
		return nil
	}
	if err := write(); err != nil {
		return nil, err
	}
	last := make(chan error, 1)
	go func() {
		for {
			changes, ended := box.Fake.Since(math.MaxInt), ctx.Err() != nil
			err := write()
			if ended {
				last <- err
				return
			}
			if err != nil {
				s.infof("ascwebhooks: %s; it is tried again at the next change", oneLine(err.Error()))
			}
			select {
			case <-changes.More:
			case <-ctx.Done():
			}
		}
	}()
	return func() error { return <-last }, nil
}

// writeEnv writes the variables of clients, as docker's --env-file, Compose, dotenv and a shell's dot take them.
func (f *sandboxFlags) writeEnv(d sandboxDocument) error {
	if f.envFile == "" {
		return nil
	}
	var b strings.Builder
	for _, variable := range d.variables() {
		b.WriteString(variable[0] + "=" + variable[1] + "\n")
	}
	b.WriteString(`ASC_PRIVATE_KEY="` + strings.ReplaceAll(d.PrivateKey, "\n", `\n`) + "\"\n")
	if err := replaceWhole(f.envFile, []byte(b.String())); err != nil {
		return cmdError("--env-file", err)
	}
	return nil
}
