package spec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

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
