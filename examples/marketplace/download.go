package main

import (
	"context"
	"crypto/md5" //nolint:gosec // Apple may give nothing better
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// errRejected is matched by what stays out of the catalogue for good.
var errRejected = errors.New("rejected")

// A downloader fetches packages into a folder: whole and verified, or not at all.
type downloader struct {
	versions *wrapper.PackageVersions
	client   *http.Client // plain: no token may reach a download URL
	folder   string
	maxSize  int64
}

func newDownloader(client *wrapper.Client, folder string) *downloader {
	return &downloader{
		versions: client.PackageVersions, client: &http.Client{Timeout: time.Hour}, folder: folder, maxSize: 8 << 30,
	}
}

var errExpired = errors.New("the URL has expired")

// fetch reads the version and downloads its package. Where the URL has expired
// meanwhile, it reads the version once more.
func (d *downloader) fetch(ctx context.Context, versionID string) (*wrapper.PackageVersion, error) {
	for again := false; ; again = true {
		v, err := d.versions.Get(ctx, versionID)
		if errors.Is(err, wrapper.ErrNotFound) {
			return nil, fmt.Errorf("%w: there is no such version any more", errRejected)
		}
		if err != nil {
			return nil, err
		}
		err = d.download(ctx, v)
		if err == nil || again || !errors.Is(err, errExpired) {
			return &v, err
		}
	}
}

func (d *downloader) download(ctx context.Context, v wrapper.PackageVersion) error {
	sum, err := newChecksum(v.FileChecksum)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.URL.Reveal(), nil)
	if err != nil {
		return errors.New("the version has no URL that can be called")
	}
	response, err := d.client.Do(request)
	if err != nil {
		if urlErr, ok := errors.AsType[*url.Error](err); ok {
			err = urlErr.Err // without the URL, whose query is an access key
		}
		return fmt.Errorf("downloading: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusGone:
		return errExpired
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("downloading: %s", response.Status)
	}
	return d.save(v, response.Body, sum)
}

// save writes a package under its final name once it is whole and verified.
func (d *downloader) save(v wrapper.PackageVersion, from io.Reader, sum hash.Hash) error {
	if err := os.MkdirAll(d.folder, 0o750); err != nil {
		return err
	}
	file, err := os.CreateTemp(d.folder, "download-*")
	if err != nil {
		return err
	}
	defer func() { _, _ = file.Close(), os.Remove(file.Name()) }() // nothing, after the rename
	n, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(from, d.maxSize+1))
	switch {
	case err != nil:
		return fmt.Errorf("downloading: %w", err)
	case n > d.maxSize:
		return fmt.Errorf("%w: the package is larger than %d bytes", errRejected, d.maxSize)
	case hex.EncodeToString(sum.Sum(nil)) != strings.ToLower(v.FileChecksum):
		return fmt.Errorf("%w: the checksum is wrong", errRejected)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(d.folder, url.PathEscape(v.ID)))
}

// newChecksum tells the algorithm by the length, which is assumed: Apple
// documents a string and no more.
func newChecksum(want string) (hash.Hash, error) {
	if _, err := hex.DecodeString(want); err == nil {
		switch len(want) {
		case 2 * sha256.Size:
			return sha256.New(), nil
		case 2 * md5.Size:
			return md5.New(), nil //nolint:gosec // as above
		}
	}
	return nil, fmt.Errorf("%w: the checksum is of no known form", errRejected)
}
