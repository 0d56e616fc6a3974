package catalogue

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
	"strings"

	"github.com/ascmarketplace/webhooks/wrapper"
)

var errExpired = errors.New("catalogue: the URL has expired")

// download writes a file and compares its checksum.
func download(ctx context.Context, client *http.Client, file wrapper.PackageFile, to io.Writer, limit int64) error {
	sum, err := newChecksum(file.FileChecksum)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, file.URL.Reveal(), nil)
	if err != nil {
		return errors.New("catalogue: the version has no URL that can be called")
	}
	response, err := client.Do(request)
	if err != nil {
		if urlErr, ok := errors.AsType[*url.Error](err); ok {
			err = urlErr.Err // without the URL, whose query is an access key
		}
		return fmt.Errorf("catalogue: downloading: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusGone:
		return errExpired
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("catalogue: downloading: %s", response.Status)
	}
	n, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return fmt.Errorf("catalogue: downloading: %w", err)
	case n > limit:
		return fmt.Errorf("%w: the package is larger than %d bytes", ErrRejected, limit)
	case hex.EncodeToString(sum.Sum(nil)) != strings.ToLower(file.FileChecksum):
		return fmt.Errorf("%w: the checksum is wrong", ErrRejected)
	}
	return nil
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
	return nil, fmt.Errorf("%w: the checksum is of no known form", ErrRejected)
}
