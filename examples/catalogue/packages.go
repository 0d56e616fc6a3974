package catalogue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// ErrRejected is matched by what stays out of the catalogue for good.
var ErrRejected = errors.New("catalogue: rejected")

// LaterError says when to try again: App Store Connect allows no read before that.
type LaterError struct{ Wait time.Duration }

func (e *LaterError) Error() string {
	return fmt.Sprintf("catalogue: App Store Connect's rate limit: try again in %v", e.Wait.Round(time.Second))
}

// Packages is a folder of downloaded packages: each is there whole and verified, or not at all.
type Packages struct {
	Client  *wrapper.Client
	HTTP    *http.Client // plain: no token may reach a download URL
	Folder  string
	MaxSize int64
}

// Fetch reads the version and downloads its package. Where the URL has expired
// meanwhile, it reads the version once more.
func (p *Packages) Fetch(ctx context.Context, versionID string) (wrapper.PackageVersion, error) {
	for again := false; ; again = true {
		v, err := p.read(ctx, versionID)
		if err != nil {
			return v, err
		}
		err = p.save(ctx, v)
		if err == nil || again || !errors.Is(err, errExpired) {
			return v, err
		}
	}
}

// read leaves the last tenth of the rate limit to others, such as those who register the webhook.
func (p *Packages) read(ctx context.Context, versionID string) (v wrapper.PackageVersion, err error) {
	limit, _ := p.Client.RateLimit()
	for _, quota := range []wrapper.Quota{limit.Hour, limit.Minute} {
		// What was reported a minute ago may have changed, so one read finds out.
		wait := time.Until(limit.At.Add(time.Minute))
		if quota.RemainingKnown && quota.Remaining <= quota.Limit/10 && wait > 0 {
			return v, &LaterError{wait}
		}
	}
	v, err = p.Client.PackageVersions.Get(ctx, versionID)
	if errors.Is(err, wrapper.ErrNotFound) {
		return v, fmt.Errorf("%w: there is no such version any more", ErrRejected)
	}
	if apiErr, ok := errors.AsType[*wrapper.APIError](err); ok && time.Until(apiErr.RetryAt) > 0 {
		return v, &LaterError{time.Until(apiErr.RetryAt)}
	}
	return v, err
}

// save writes a package under its final name once it is whole and verified.
func (p *Packages) save(ctx context.Context, v wrapper.PackageVersion) error {
	if err := os.MkdirAll(p.Folder, 0o750); err != nil {
		return err
	}
	file, err := os.CreateTemp(p.Folder, temporary+"*")
	if err != nil {
		return err
	}
	defer func() { _, _ = file.Close(), os.Remove(file.Name()) }() // nothing, after the rename
	if err := download(ctx, p.HTTP, v.PackageFile, file, p.MaxSize); err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), p.Path(v.ID))
}

const temporary = ".download-"

// Path is where the package of a version is, once it has been fetched.
func (p *Packages) Path(versionID string) string {
	return filepath.Join(p.Folder, url.PathEscape(versionID))
}

// Sweep removes what downloads that were killed have left: temporary files that
// nobody has written to since then.
func (p *Packages) Sweep(since time.Time) error {
	files, err := os.ReadDir(p.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, file := range files {
		info, statErr := file.Info()
		if statErr == nil && strings.HasPrefix(file.Name(), temporary) && info.ModTime().Before(since) {
			err = errors.Join(err, os.Remove(filepath.Join(p.Folder, file.Name())))
		}
	}
	return err
}
