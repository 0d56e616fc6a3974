package asctest

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"
)

// TestTransportKnowsABodyBySize: a sender need not read on to the end of what has a length.
func TestTransportKnowsABodyBySize(t *testing.T) {
	t.Parallel()
	seen := &failures{TB: t}
	client := &http.Client{Transport: Transport(seen, roundTripper(func(r *http.Request) (*http.Response, error) {
		_, err := io.ReadFull(r.Body, make([]byte, r.ContentLength))
		return &http.Response{StatusCode: http.StatusBadGateway, Body: http.NoBody, Header: http.Header{faultHeader: {"x"}}}, err
	}))}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+collectionPath, bytes.NewReader([]byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if seen.count != 1 {
		t.Errorf("%d violations were reported, want 1", seen.count)
	}
}

// TestTransportLeavesDownloadsAlone: they are no operation of the document.
func TestTransportLeavesDownloadsAlone(t *testing.T) {
	t.Parallel()
	version := PackageVersion{PackageFile: PackageFile{Content: []byte("package")}}
	server := NewServer(t, version)
	client := &http.Client{Transport: Transport(t, server.Client().Transport), Timeout: time.Minute}
	response, err := client.Get(server.URL + downloadPath + "unknown")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode < 400 {
		t.Errorf("status %d", response.StatusCode)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// failures is a TB that counts failures instead of failing.
type failures struct {
	testing.TB
	count int
}

func (f *failures) Errorf(string, ...any) { f.count++ }
