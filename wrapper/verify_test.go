package wrapper_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestVerify: only a whole file with the checksum is what was asked for.
func TestVerify(t *testing.T) {
	const md5Sum = "9a0364b9e99bb480dd25e1f0284c8555" // of content
	broken := errors.New("the disk is broken")
	for _, test := range []struct {
		name, checksum string
		file           io.Reader
		want           error
	}{
		{"whole", md5Sum, strings.NewReader("content"), nil},
		{"in upper case", strings.ToUpper(md5Sum), strings.NewReader("content"), nil},
		{"another", md5Sum, strings.NewReader("Content"), wrapper.ErrChecksum},
		{"cut", md5Sum, strings.NewReader("conten"), wrapper.ErrChecksum},
		{"no known form", "abc", strings.NewReader("content"), wrapper.ErrChecksum},
		{"no checksum", "", strings.NewReader("content"), wrapper.ErrChecksum},
		{"unreadable", md5Sum, iotest.ErrReader(broken), broken},
		{"no file", md5Sum, nil, wrapper.ErrInvalid},
	} {
		err := wrapper.PackageFile{ID: "a1", FileChecksum: test.checksum}.Verify(test.file)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "wrapper: ") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
