package main

// Keeping what listen receives, as files that notify --from sends again.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"regexp"
	"time"
)

// openDir opens a directory in which files can be made. Errors state the rule
// for the flag that names it.
func openDir(rule, path string) (*os.Root, error) {
	dir, err := os.OpenRoot(path)
	if err != nil {
		return nil, usagef("%s: %w", rule, withoutPath(err))
	}
	const probe = ".ascwebhooks.part"
	file, err := dir.Create(probe)
	if err == nil {
		err = cmp.Or(file.Close(), dir.Remove(probe))
	}
	if err != nil {
		_ = dir.Close()
		return nil, usagef("%s: %w", rule, withoutPath(err))
	}
	return dir, nil
}

// writeWhole writes a file, which is there whole or not at all.
func writeWhole(dir *os.Root, name string, body []byte) error {
	part := name + ".part"
	file, err := dir.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	err = cmp.Or(err, file.Sync(), file.Close())
	if err == nil {
		err = dir.Rename(part, name)
	}
	if err != nil {
		_ = dir.Remove(part)
	}
	return err
}

var safeID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// savedName sorts by the time of receipt. An id may hold anything: the body's
// hash stands for one that is not plainly a name.
func savedName(received time.Time, id string, body []byte) string {
	if !safeID.MatchString(id) {
		sum := sha256.Sum256(body)
		id = hex.EncodeToString(sum[:8])
	}
	return received.UTC().Format("20060102T150405.000000Z") + "-" + id + ".json"
}
