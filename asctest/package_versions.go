package asctest

// Package versions, and the files behind their URLs, which the fake serves.

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// PackageVersion is one version of an alternative distribution package.
type PackageVersion struct {
	PackageFile
	PackageID        string // a new one unless given
	Version          string // the number, such as "7"
	State            string // COMPLETED unless given
	Variants, Deltas []PackageFile
	URLLifetime      time.Duration // of the URLs in a response; an hour unless given
}

// PackageFile is something to download.
type PackageFile struct {
	ID       string // a new one unless given
	Content  []byte
	Checksum string // SHA-256 of Content in hex unless given
}

func (v PackageVersion) withDefaults() PackageVersion {
	v.PackageFile = v.PackageFile.withDefaults()
	v.Variants, v.Deltas = slices.Clone(v.Variants), slices.Clone(v.Deltas)
	for _, files := range [][]PackageFile{v.Variants, v.Deltas} {
		for i := range files {
			files[i] = files[i].withDefaults()
		}
	}
	v.PackageID = cmp.Or(v.PackageID, newUUID())
	v.State = cmp.Or(v.State, "COMPLETED")
	v.URLLifetime = cmp.Or(v.URLLifetime, time.Hour)
	return v
}

func (f PackageFile) withDefaults() PackageFile {
	f.ID = cmp.Or(f.ID, newUUID())
	if f.Checksum == "" {
		f.Checksum = fmt.Sprintf("%x", sha256.Sum256(f.Content))
	}
	return f
}

// The types of what the state has besides Resources.
const (
	apps            = "apps"
	packages        = "alternativeDistributionPackages"
	packageVersions = "alternativeDistributionPackageVersions"
	packageVariants = "alternativeDistributionPackageVariants"
	packageDeltas   = "alternativeDistributionPackageDeltas"
)

// entries are the version, its variants and its deltas.
func (v *PackageVersion) entries() []entry {
	ids := map[string][]string{"alternativeDistributionPackage": {v.PackageID}, "variants": {}, "deltas": {}}
	var files []entry
	for _, group := range []struct {
		name, kind string
		files      []PackageFile
	}{
		{"variants", packageVariants, v.Variants},
		{"deltas", packageDeltas, v.Deltas},
	} {
		for _, f := range group.files {
			ids[group.name] = append(ids[group.name], f.ID)
			blob := object{"alternativeDistributionKeyBlob": "key blob of " + f.ID}
			files = append(files, entry{Resource{Type: group.kind, ID: f.ID, Attributes: blob}, &download{f, v.URLLifetime}})
		}
	}
	attributes := object{"version": v.Version, "state": v.State}
	version := Resource{Type: packageVersions, ID: v.ID, Attributes: attributes, Relationships: ids}
	return append([]entry{{version, &download{v.PackageFile, v.URLLifetime}}}, files...)
}

// download is a file and how long a URL of it is good for.
type download struct {
	PackageFile
	lifetime time.Duration
}

// show adds what responses say of the file to attributes.
func (d *download) show(c *call, attributes object) object {
	expires := c.now.Add(d.lifetime)
	attributes["url"], attributes["fileChecksum"] = c.link(c.downloadURL(d.ID, expires)), d.Checksum
	attributes["urlExpirationDate"] = expires.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05-07:00")
	return attributes
}

const downloadPath = "/downloads/"

// ExpireURLs makes the download URLs that were in responses so far expire.
func (h *Handler) ExpireURLs() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.downloadKey = rand.Text()
}

func (c *call) downloadURL(id string, expires time.Time) string {
	at := strconv.FormatInt(expires.Unix(), 10)
	return downloadPath + url.PathEscape(id) + "?expires=" + at + "&accessKey=" + c.accessKey(id, at)
}

func (c *call) accessKey(id, expires string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(c.downloadKey+id+"\n"+expires)))
}

// authenticateDownload refuses whoever doesn't have a file's URL, or has it no more. A client that sends a bearer
// token there gives it away: a violation.
func (h *Handler) authenticateDownload(c *call) *response {
	if c.request.Header.Get("Authorization") != "" {
		h.report(errors.New("asctest: a token was sent to a download URL, where none belongs"))
	}
	query := c.request.URL.Query()
	expires, err := strconv.ParseInt(query.Get("expires"), 10, 64)
	if err != nil || query.Get("accessKey") != c.accessKey(c.id, query.Get("expires")) || c.now.Unix() >= expires {
		return new(plain(http.StatusForbidden, "The URL is not valid, or has expired.\n", "expired or not ours"))
	}
	return nil
}

// serveFile responds to a download.
func serveFile(s *State, c *call) response {
	for _, kind := range []string{packageVersions, packageVariants, packageDeltas} {
		if e := s.entries.get(kind, c.id); e != nil && e.download != nil {
			header := http.Header{"Content-Type": {"application/octet-stream"}}
			return response{status: http.StatusOK, header: header, body: e.download.Content}
		}
	}
	return plain(http.StatusNotFound, "No such file.\n", "no such file")
}
