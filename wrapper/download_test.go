package wrapper_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// content is what the CDN of the tests has under a name.
func content(name string) []byte {
	if strings.HasPrefix(name, "large") {
		return make([]byte, 101)
	}
	return []byte("content of " + name)
}

func sha256Of(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// newCDN serves /files/{name}. Nothing may tell it who asks.
func newCDN(t *testing.T) *httptest.Server {
	t.Helper()
	var loops atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Authorization", "Cookie", "Referer"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s: got the header %s", r.URL.Path, name)
			}
		}
		if got := r.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("%s: accepts %s, of which the checksum is not", r.URL.Path, got)
		}
		name := strings.TrimPrefix(r.URL.Path, "/files/")
		body := content(name)
		switch {
		case strings.HasPrefix(name, "expired"):
			http.Error(w, "expired", http.StatusForbidden)
			return
		case strings.HasPrefix(name, "corrupted"):
			body[0]++
		case strings.HasPrefix(name, "large-chunked"):
			w.(http.Flusher).Flush() // no Content-Length
		case strings.HasPrefix(name, "cut"):
			w.Header().Set("Content-Length", "50")
		case strings.HasPrefix(name, "status"):
			w.WriteHeader(http.StatusTeapot)
		case strings.HasPrefix(name, "moved"):
			http.SetCookie(w, &http.Cookie{Name: "id", Value: "7", Path: "/"})
			http.Redirect(w, r, "/files/"+r.URL.Query().Get("to"), http.StatusFound)
			return
		case strings.HasPrefix(name, "loop"):
			if loops.Add(1) > 9 { // and one of another URL
				t.Error("more than ten requests were sent")
			}
			http.Redirect(w, r, "/files/loop", http.StatusFound)
			return
		case strings.HasPrefix(name, "away"):
			w.Header().Set("Location", r.URL.Query().Get("to"))
			w.WriteHeader(http.StatusFound)
			return
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	return server
}

// TestDownload: what w gets, how many bytes that is, and what the error matches or says.
func TestDownload(t *testing.T) {
	cdn := newCDN(t)
	md5Of := func(name string) string { return fmt.Sprintf("%x", md5.Sum(content(name))) }
	for name, test := range map[string]struct {
		file     string // its name and query
		checksum string // empty: SHA-256
		limit    int64  // 0: 100
		got      string
		is       error
		says     string
	}{
		"whole":                        {file: "a", got: "content of a"},
		"as large as the limit":        {file: "a", limit: 12, got: "content of a"},
		"checksum in upper case":       {file: "a", checksum: strings.ToUpper(sha256Of(content("a"))), got: "content of a"},
		"MD5":                          {file: "a", checksum: md5Of("a"), got: "content of a"},
		"redirected":                   {file: "moved?to=a", checksum: sha256Of(content("a")), got: "content of a"},
		"a byte is wrong":              {file: "corrupted", got: "dontent of corrupted", is: wrapper.ErrChecksum},
		"MD5 of something else":        {file: "a", checksum: md5Of("b"), got: "content of a", is: wrapper.ErrChecksum},
		"checksum of no known form":    {file: "a", checksum: "abc", is: wrapper.ErrChecksum, says: "of no known form"},
		"checksum of another length":   {file: "a", checksum: strings.Repeat("a", 40), is: wrapper.ErrChecksum, says: "of no known form"},
		"a byte over the limit":        {file: "a", limit: 11, is: wrapper.ErrTooLarge, says: "12 bytes instead of at most 11"},
		"over the limit, length later": {file: "large-chunked", got: string(make([]byte, 100)), is: wrapper.ErrTooLarge},
		"refused":                      {file: "expired", is: wrapper.ErrExpired},
		"another status":               {file: "status", says: "unexpected status 418"},
		"cut short":                    {file: "cut", got: "content of cut", is: io.ErrUnexpectedEOF},
		"redirected to http":           {file: "away?to=http://cdn.example/canary", says: "not https"},
		"redirected to nonsense":       {file: "away?to=%25zz//canary", says: "redirected"},
		"redirected for ever":          {file: "away?to=/files/loop", says: "redirected ten times"},
	} {
		t.Run(name, func(t *testing.T) {
			path, _, _ := strings.Cut(test.file, "?")
			file := wrapper.PackageFile{ID: "id", URL: wrapper.NewDownloadURL(cdn.URL + "/files/" + test.file), FileChecksum: test.checksum}
			if test.checksum == "" {
				file.FileChecksum = sha256Of(content(path))
			}
			if test.limit == 0 {
				test.limit = 100
			}
			var got bytes.Buffer
			n, err := file.Download(t.Context(), cdn.Client(), &got, test.limit)
			if got.String() != test.got || n != int64(len(test.got)) {
				t.Errorf("got %q, %d bytes", &got, n)
			}
			failed := test.is != nil || test.says != ""
			if (err != nil) != failed || test.is != nil && !errors.Is(err, test.is) || failed && !strings.Contains(err.Error(), test.says) {
				t.Fatalf("got %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "canary") || !strings.HasPrefix(err.Error(), "wrapper: downloading id: ")) {
				t.Errorf("said %v", err)
			}
		})
	}
}

// TestDownloadIsRefused before anything is sent.
func TestDownloadIsRefused(t *testing.T) {
	cdn := newCDN(t)
	good := fileAt(cdn, "a")
	file := func(rawURL string) wrapper.PackageFile {
		return wrapper.PackageFile{URL: wrapper.NewDownloadURL(rawURL), FileChecksum: good.FileChecksum}
	}
	unreachable := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, errors.New("unreachable")
	})}
	for name, test := range map[string]struct {
		file  wrapper.PackageFile
		w     io.Writer
		limit int64
	}{
		"no URL":         {wrapper.PackageFile{}, io.Discard, 100},
		"http":           {file("http://cdn.example/a"), io.Discard, 100},
		"no host":        {file("https:///a"), io.Discard, 100},
		"nonsense":       {file("https://%zz"), io.Discard, 100},
		"no limit":       {good, io.Discard, 0},
		"negative limit": {good, io.Discard, -1},
		"no writer":      {good, nil, 100},
	} {
		if n, err := test.file.Download(t.Context(), unreachable, test.w, test.limit); !errors.Is(err, wrapper.ErrInvalid) || n != 0 {
			t.Errorf("%s: got %d, %v", name, n, err)
		}
	}
}

// TestDownloadAfterItsDate: whatever refuses it then, it has expired, by the clock of whoever serves it.
func TestDownloadAfterItsDate(t *testing.T) {
	cdn := newCDN(t)
	now := time.Now()
	for expires, want := range map[time.Time]bool{
		{}: false, now.Add(-time.Minute): true, now.Add(time.Minute): false, now.Add(-48 * time.Hour): true,
	} {
		file := fileAt(cdn, "status")
		file.URLExpirationDate = expires
		_, err := file.Download(t.Context(), cdn.Client(), io.Discard, 100)
		if errors.Is(err, wrapper.ErrExpired) != want || err == nil {
			t.Errorf("expires %v: got %v", expires, err)
		}
		file = fileAt(cdn, "a")
		file.URLExpirationDate = expires
		if _, err := file.Download(t.Context(), cdn.Client(), io.Discard, 100); err != nil {
			t.Errorf("expires %v, and is served: got %v", expires, err)
		}
	}
}

// TestDownloadIsPlain: the caller's client is as it was, its cookies stay with it, and its rule about redirects holds.
func TestDownloadIsPlain(t *testing.T) {
	cdn := newCDN(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := cdn.Client()
	client.Jar = jar
	file := fileAt(cdn, "moved")
	file.URL = wrapper.NewDownloadURL(cdn.URL + "/files/moved?to=a")
	file.FileChecksum = sha256Of(content("a"))
	if _, err := file.Download(t.Context(), client, io.Discard, 100); err != nil {
		t.Error(err)
	}
	if client.Jar != jar || client.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
	stop := errors.New("no redirects")
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return stop }
	if _, err := file.Download(t.Context(), client, io.Discard, 100); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// TestDownloadEnds with its context, and with what its writer says.
func TestDownloadEnds(t *testing.T) {
	cdn := newCDN(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fileAt(cdn, "a").Download(ctx, cdn.Client(), io.Discard, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	full := errors.New("disk full")
	for _, taken := range []int{0, len(content("a"))} { // nothing, or all of it and yet an error
		n, err := fileAt(cdn, "a").Download(t.Context(), cdn.Client(), failingWriter{taken, full}, int64(len(content("a"))))
		if !errors.Is(err, full) || n != int64(taken) {
			t.Errorf("got %d, %v", n, err)
		}
	}
}

type failingWriter struct {
	taken int
	err   error
}

func (w failingWriter) Write([]byte) (int, error) { return w.taken, w.err }
