package doctor

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// Record keeps exchanges as files in a directory, without what is private. A nil
// Record keeps nothing.
type Record struct {
	mu     sync.Mutex
	dir    *os.Root
	redact *redactor
	count  int
	err    error // the first that a file met
}

// ErrNotEmpty is matched when a directory holds something else: it is left alone.
var ErrNotEmpty = errors.New("the directory is not empty: give a new one")

// NewRecord makes the directory, or takes an empty one.
func NewRecord(path string) (*Record, error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, withoutPath(err)
	}
	dir, err := os.OpenRoot(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err == nil && len(entries) > 0 {
		err = ErrNotEmpty
	}
	if err != nil {
		_ = dir.Close()
		return nil, withoutPath(err)
	}
	return &Record{dir: dir, redact: newRedactor()}, nil
}

// Close closes the directory.
func (r *Record) Close() error { return r.dir.Close() }

// know has a secret or a token kept out of the record.
func (r *Record) know(secret string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.redact.know(secret)
}

// recorded is an exchange as it is kept.
type recorded struct {
	Request  recordedMessage `json:"request"`
	Response recordedMessage `json:"response"`
}

type recordedMessage struct {
	Method  string            `json:"method,omitempty"`
	Path    string            `json:"path,omitempty"`
	Query   map[string]string `json:"query,omitempty"`
	Status  int               `json:"status,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    any               `json:"body,omitempty"`
}

// add writes a file for the exchange, which is there whole or not at all.
func (r *Record) add(x exchange) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	content, err := json.MarshalIndent(r.redact.exchange(x), "", "  ")
	name := fmt.Sprintf("%03d.json", r.count)
	if err == nil {
		err = r.dir.WriteFile(name+".part", append(content, '\n'), 0o600)
	}
	if err == nil {
		err = r.dir.Rename(name+".part", name)
	}
	if err != nil {
		_ = r.dir.Remove(name + ".part")
	}
	r.err = cmp.Or(r.err, err)
}

func (r *Record) failed() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return fmt.Errorf("the record is not complete: %w", withoutPath(r.err))
	}
	return nil
}

// withoutPath leaves out a path, which may be private.
func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
