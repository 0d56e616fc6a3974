package catalogue

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// newPackages is a folder beside an App Store Connect.
func newPackages(t *testing.T, apple *asctest.Server) *Packages {
	t.Helper()
	tokens, err := auth.NewTokenSource(auth.Key(apple.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(apple.URL), wrapper.WithHTTPClient(apple.Client()),
		wrapper.WithRetry(wrapper.Retry{Attempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	return &Packages{Client: client, HTTP: apple.Client(), Folder: filepath.Join(t.TempDir(), "packages"), MaxSize: 100}
}

// newVersion has a package of seven bytes.
func versionOf(checksum string) asctest.PackageVersion {
	return asctest.PackageVersion{
		PackageFile: asctest.PackageFile{ID: "v", Content: []byte("content"), Checksum: checksum}, PackageID: "p", Version: "1",
	}
}

// files are those in the folder.
func (p *Packages) files(t *testing.T) (names []string) {
	t.Helper()
	files, err := os.ReadDir(p.Folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, file := range files {
		names = append(names, file.Name())
	}
	return names
}

// A package is in the folder whole and verified, or not at all.
func TestFetch(t *testing.T) {
	for _, test := range []struct {
		name, checksum string
		maxSize        int64
		fault          asctest.FaultKind
		want           string // in the error
	}{
		{"SHA-256", "", 100, "", ""},
		{"MD5", "9a0364b9e99bb480dd25e1f0284c8555", 100, "", ""},
		{"exactly as large as allowed", "", 7, "", ""},
		{"wrong", strings.Repeat("0", 64), 100, "", "checksum is wrong"},
		{"no known form", "abc", 100, "", "checksum is of no known form"},
		{"too large", "", 6, "", "larger than 6 bytes"},
		{"cut", "", 100, asctest.FaultTruncatedBody, "downloading"},
		{"a proxy's page", "", 100, asctest.FaultHTMLPage, "502"},
	} {
		t.Run(test.name, func(t *testing.T) {
			apple := asctest.NewServer(t, versionOf(test.checksum))
			if test.fault != "" {
				apple.FailNext(asctest.Fault{Operation: asctest.Download, Kind: test.fault})
			}
			p := newPackages(t, apple)
			p.MaxSize = test.maxSize
			v, err := p.Fetch(t.Context(), "v")
			if test.want == "" {
				content, readErr := os.ReadFile(p.Path("v"))
				if err != nil || v.PackageID != "p" || string(content) != "content" || len(p.files(t)) != 1 {
					t.Errorf("got %+v, %v; %q, %v", v, err, content, readErr)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || len(p.files(t)) > 0 {
				t.Errorf("got %v, with %v; want %q", err, p.files(t), test.want)
			}
			if got := errors.Is(err, ErrRejected); got != (test.fault == "") {
				t.Errorf("rejected for good: %t", got)
			}
		})
	}
}

func TestFetchGone(t *testing.T) {
	p := newPackages(t, asctest.NewServer(t))
	if _, err := p.Fetch(t.Context(), "v"); !errors.Is(err, ErrRejected) {
		t.Errorf("got %v", err)
	}
}

// A URL that has expired between reading and downloading is read again, once.
func TestFetchExpired(t *testing.T) {
	for expiries, want := range map[int64]bool{1: true, 2: false} {
		var downloads atomic.Int64
		apple := asctest.NewServer(t, versionOf(""), asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
			if r.Operation == asctest.Download && downloads.Add(1) <= expiries {
				return &asctest.Fault{Kind: asctest.FaultPlainText, Status: http.StatusForbidden}
			}
			return nil
		}})
		_, err := newPackages(t, apple).Fetch(t.Context(), "v")
		if (err == nil) != want || errors.Is(err, ErrRejected) || downloads.Load() != 2 {
			t.Errorf("after %d expiries: %v, %d downloads", expiries, err, downloads.Load())
		}
	}
}

// Reading stops while there are requests left for others, and asks again a minute later whether there are more.
func TestFetchWithinRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		apple := asctest.NewPipeServer(t, versionOf(""), asctest.Settings{RateLimit: 100})
		p := newPackages(t, apple)
		read := func() (n int, err error) {
			for err == nil {
				n++
				_, err = p.read(t.Context(), "v")
			}
			return n - 1, err
		}
		for minute, want := range []int{90, 1, 1} {
			n, err := read()
			later, ok := errors.AsType[*LaterError](err)
			if n != want || !ok || later.Wait <= 0 || later.Wait > time.Minute {
				t.Errorf("minute %d: %d reads, then %v", minute, n, err)
			}
			if ok {
				time.Sleep(later.Wait)
			}
		}
		time.Sleep(time.Hour)
		if n, err := read(); n < 80 {
			t.Errorf("an hour later: %d reads, then %v", n, err)
		}
	})
}

// What the response asks to wait is waited for.
func TestFetchRetryAfter(t *testing.T) {
	apple := asctest.NewServer(t, versionOf(""))
	apple.FailNext(asctest.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"600"}}})
	_, err := newPackages(t, apple).Fetch(t.Context(), "v")
	if later, ok := errors.AsType[*LaterError](err); !ok || later.Wait < 9*time.Minute || later.Wait > 10*time.Minute {
		t.Errorf("got %v", err)
	}
}

// Only old temporary files are removed.
func TestSweep(t *testing.T) {
	p := &Packages{Folder: filepath.Join(t.TempDir(), "[packages]")}
	if err := p.Sweep(time.Now()); err != nil {
		t.Errorf("before the first download: %v", err)
	}
	if err := os.Mkdir(p.Folder, 0o750); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	for name, age := range map[string]time.Duration{".download-1": time.Hour, ".download-2": 0, "v": time.Hour} {
		file := filepath.Join(p.Folder, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, killed, killed.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Sweep(killed.Add(-time.Minute)); err != nil {
		t.Error(err)
	}
	if got := p.files(t); len(got) != 2 || got[0] != ".download-2" || got[1] != "v" {
		t.Errorf("left: %v", got)
	}
}
