package main

// Downloading a package version with its variants and deltas.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// The kinds of files, as their names begin.
const (
	manifest = "manifest"
	variant  = "variant"
	delta    = "delta"
)

// downloadName is where a file is once it is whole. An ID has no character that separates folders.
func downloadName(kind string, f wrapper.PackageFile) string { return kind + "-" + f.ID }

// download is one run of package-version --download.
type download struct {
	*system
	versions *wrapper.PackageVersions
	dir      *os.Root
	id       string // of the package version
	http     *http.Client
	limit    int64 // bytes a file
	progress *progress
}

func newDownload(sys *system, client *wrapper.Client, dir *os.Root, id string) *download {
	return &download{
		system: sys, versions: client.PackageVersions, dir: dir, id: id,
		http:  &http.Client{Timeout: time.Hour}, // a file that takes longer has stalled
		limit: 64 << 30, progress: newProgress(sys.stderr),
	}
}

// run downloads what is missing. URLs that have expired meanwhile are read again.
func (d *download) run(ctx context.Context) error {
	defer d.progress.clear()
	for {
		version, err := readPackageVersion(ctx, d.versions, d.id)
		if err != nil {
			return err
		}
		got, err := d.files(ctx, version)
		switch {
		case errors.Is(err, wrapper.ErrExpired) && got > 0:
			continue
		case err != nil:
			return err
		}
		d.progress.clear()
		document := version.document(true)
		return d.print(document, document.text())
	}
}

// files returns how many were downloaded. It goes on after a file that is wrong, and
// stops at any other error, which the next file would meet as well.
func (d *download) files(ctx context.Context, v packageVersion) (got int, _ error) {
	var wrong []error
	d.progress.start(1 + len(v.variants) + len(v.deltas))
	for _, part := range []struct {
		kind  string
		files []wrapper.PackageFile
	}{{manifest, []wrapper.PackageFile{v.PackageFile}}, {variant, v.variants}, {delta, v.deltas}} {
		for _, f := range part.files {
			name := downloadName(part.kind, f)
			d.progress.next()
			if d.isThere(name, f) {
				continue
			}
			err := d.file(ctx, name, f)
			switch {
			case err == nil:
				got++
			case errors.Is(err, wrapper.ErrChecksum), errors.Is(err, wrapper.ErrTooLarge):
				wrong = append(wrong, err)
			default:
				return got, errors.Join(append(wrong, err)...)
			}
		}
	}
	return got, errors.Join(wrong...)
}

// isThere reports whether the file is whole.
func (d *download) isThere(name string, f wrapper.PackageFile) bool {
	file, err := d.dir.Open(name)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	return f.Verify(file) == nil
}

// file makes a file, which is there whole or not at all. Two processes may do so at once.
func (d *download) file(ctx context.Context, name string, f wrapper.PackageFile) error {
	part := fmt.Sprintf(".%s.part", rand.Text())
	file, err := d.dir.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("--download: %w", withoutPath(err))
	}
	defer func() { _ = d.dir.Remove(part) }() // nothing, after the rename
	_, err = f.Download(ctx, d.http, io.MultiWriter(file, d.progress), d.limit)
	if closeErr := errors.Join(file.Sync(), file.Close()); err == nil && closeErr != nil {
		err = fmt.Errorf("--download: %w", withoutPath(closeErr))
	}
	if err != nil {
		return err
	}
	if err := d.dir.Rename(part, name); err != nil {
		return fmt.Errorf("--download: %w", withoutPath(err))
	}
	return nil
}
