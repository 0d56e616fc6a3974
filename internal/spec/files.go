package spec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// read parses a file and names it in errors.
func read[T any](name string, parse func([]byte) (*T, error)) (*T, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	parsed, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("spec: %s: %w", name, err)
	}
	return parsed, nil
}

// WriteFile replaces a file whole or not at all.
func WriteFile(name string, data []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("spec: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("spec: %w", errors.Join(err, os.Remove(temp.Name())))
		}
	}()
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), name)
}
