package wrapper

import (
	"cmp"
	"context"
	"crypto/md5" // Apple may give nothing better
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// PackageFile is something to download: the manifest of a package version, a
// variant or a delta.
type PackageFile struct {
	ID  string
	URL DownloadURL
	// URLExpirationDate is when the URL expires; read the version again then.
	URLExpirationDate time.Time
	// FileChecksum is a string in the OpenAPI document, which says no more. That
	// 64 hex digits are SHA-256 and 32 are MD5 is assumed.
	FileChecksum string
	// AlternativeDistributionKeyBlob is set on variants and deltas: base64, says
	// Apple's documentation. That devices need it as it is, beside the file, is
	// assumed.
	AlternativeDistributionKeyBlob string
}

var (
	// ErrExpired is matched when a download URL is no longer good: read the
	// version, its variants or its deltas again for a new one.
	ErrExpired = errors.New("the download URL has expired")
	// ErrChecksum is matched when a download has another checksum than
	// FileChecksum says, or when that has no known form.
	ErrChecksum = errors.New("the checksum does not verify")
	// ErrTooLarge is matched when a download has more bytes than the limit.
	ErrTooLarge = errors.New("the file is larger than the limit")
)

// Download writes the file to w and verifies its checksum. It returns how many
// bytes w got: with an error, discard them. No more than limit bytes are
// written.
//
// It needs no token and sends none; httpClient is a plain client whose Transport
// and Timeout fit a large file (nil: http.DefaultClient). Its cookies are left
// out, and redirects are followed to https only.
//
// The error matches ErrExpired, ErrChecksum or ErrTooLarge where it is that, and
// ErrInvalid where nothing was sent. Nothing is retried. No error shows the URL.
func (f PackageFile) Download(ctx context.Context, httpClient *http.Client, w io.Writer, limit int64) (int64, error) {
	target, err := url.Parse(f.URL.Reveal())
	switch {
	case err != nil || !isHost(target) || !isSecureURL(target):
		return 0, invalid("download URL is missing, or not https")
	case limit <= 0:
		return 0, invalid(fmt.Sprintf("the limit of a download must be positive, got %d", limit))
	case w == nil:
		return 0, invalid("Download needs a writer, got nil")
	}
	n, err := f.download(ctx, plainClient(httpClient), target, w, limit)
	if err != nil {
		return n, fmt.Errorf("wrapper: downloading %s: %w", printable(f.ID, 128), err)
	}
	return n, nil
}

func (f PackageFile) download(
	ctx context.Context, client *http.Client, target *url.URL, w io.Writer, limit int64,
) (int64, error) {
	sum, err := newChecksum(f.FileChecksum)
	if err != nil {
		return 0, err
	}
	request := (&http.Request{
		URL: target, Header: http.Header{"Accept-Encoding": {"identity"}}, // the checksum is of these bytes
	}).WithContext(ctx)
	response, err := client.Do(request)
	if err != nil {
		return 0, withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode != http.StatusOK && f.expired(response):
		return 0, fmt.Errorf("%w (status %d)", ErrExpired, response.StatusCode)
	case response.StatusCode != http.StatusOK:
		return 0, fmt.Errorf("unexpected status %d", response.StatusCode)
	case response.ContentLength > limit:
		return 0, fmt.Errorf("%w: %d bytes instead of at most %d", ErrTooLarge, response.ContentLength, limit)
	}
	n, err := copyCapped(io.MultiWriter(w, sum), response.Body, limit)
	if err == nil {
		err = f.check(sum)
	}
	return n, err
}

// Verify reads a file that was downloaded earlier, and returns an error that
// matches ErrChecksum unless its checksum is FileChecksum.
func (f PackageFile) Verify(file io.Reader) error {
	if file == nil {
		return invalid("Verify needs a reader, got nil")
	}
	sum, err := newChecksum(f.FileChecksum)
	if err == nil {
		_, err = io.Copy(sum, file)
	}
	if err == nil {
		err = f.check(sum)
	}
	if err != nil {
		err = fmt.Errorf("wrapper: verifying %s: %w", printable(f.ID, 128), err)
	}
	return err
}

func (f PackageFile) check(sum hash.Hash) error {
	if hex.EncodeToString(sum.Sum(nil)) != strings.ToLower(f.FileChecksum) {
		return fmt.Errorf("%w: the file has another one", ErrChecksum)
	}
	return nil
}

// expired reports whether a refusal means that, by the sender's clock.
func (f PackageFile) expired(response *http.Response) bool {
	date, err := http.ParseTime(response.Header.Get("Date"))
	return response.StatusCode == http.StatusForbidden ||
		err == nil && !f.URLExpirationDate.IsZero() && !date.Before(f.URLExpirationDate)
}

// copyCapped copies all, or at most limit bytes and returns ErrTooLarge.
func copyCapped(w io.Writer, r io.Reader, limit int64) (int64, error) {
	n, err := io.Copy(w, io.LimitReader(r, limit))
	if err != nil || n < limit {
		return n, err
	}
	more, err := io.Copy(io.Discard, io.LimitReader(r, 1))
	if more > 0 {
		err = fmt.Errorf("%w of %d bytes", ErrTooLarge, limit)
	}
	return n, err
}

// newChecksum tells the algorithm by the checksum's length, which is assumed.
func newChecksum(want string) (hash.Hash, error) {
	if _, err := hex.DecodeString(want); err == nil {
		switch len(want) {
		case hex.EncodedLen(sha256.Size):
			return sha256.New(), nil
		case hex.EncodedLen(md5.Size):
			return md5.New(), nil
		}
	}
	return nil, fmt.Errorf("%w: it is of no known form, which are 64 hex digits (SHA-256) and 32 (MD5)", ErrChecksum)
}

// plainClient sends as client does, without cookies, and to https only once it is redirected.
func plainClient(client *http.Client) *http.Client {
	plain := *cmp.Or(client, http.DefaultClient)
	follow := plain.CheckRedirect
	plain.Jar = nil
	plain.CheckRedirect = func(request *http.Request, via []*http.Request) error {
		request.Header.Del("Referer") // it would give the access key away
		switch {
		case request.URL.Scheme != "https":
			return errors.New("redirected to a URL that is not https")
		case follow != nil:
			return follow(request, via)
		case len(via) >= 10:
			return errors.New("redirected ten times")
		}
		return nil
	}
	return &plain
}

// withoutURL is an error of http.Client without URLs, which it quotes.
func withoutURL(err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	if strings.Contains(err.Error(), "Location") {
		return errors.New("redirected to a URL that does not parse")
	}
	return err
}
