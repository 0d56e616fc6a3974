package main

// The file of --next-file: one line, the time at which to go on.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// formatNext leaves out fractions: to go back a little too far does no harm.
func formatNext(next time.Time) string { return next.UTC().Format(time.RFC3339) }

// readNext returns the time in a file, or the zero time if there is none yet. It
// fails unless the file can be written later.
func readNext(path string) (next time.Time, err error) {
	dir, err := openDir("--next-file must be in a directory that exists and can be written to", filepath.Dir(path))
	if err != nil {
		return next, err
	}
	defer func() { _ = dir.Close() }()
	content, err := dir.ReadFile(filepath.Base(path))
	if errors.Is(err, fs.ErrNotExist) {
		return next, nil
	}
	if err != nil {
		return next, usagef("--next-file: %w", withoutPath(err))
	}
	if next, err = time.Parse(time.RFC3339, strings.TrimSpace(string(content))); err != nil {
		return next, usagef("--next-file holds no time such as 2026-11-20T15:00:00Z: remove it to begin ten days back")
	}
	return next, nil
}

// writeNext replaces the file.
func writeNext(path string, next time.Time) error {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err == nil {
		defer func() { _ = dir.Close() }()
		name := filepath.Base(path)
		_ = dir.Remove(name + ".part") // a killed process may have left it half written
		err = writeWhole(dir, name, []byte(formatNext(next)+"\n"))
	}
	if err != nil {
		return fmt.Errorf("--next-file was not written: %w", withoutPath(err))
	}
	return nil
}
