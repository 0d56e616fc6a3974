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

const maxIncluded = 50

func getPackageVersion(s *State, c *call) response {
	i := slices.IndexFunc(s.PackageVersions, func(v PackageVersion) bool { return v.ID == c.id })
	if i < 0 {
		return notFound("alternativeDistributionPackageVersions")
	}
	v := s.PackageVersions[i]
	expires := c.now.Add(v.URLLifetime)
	attributes := c.file(v.PackageFile, expires)
	attributes["version"], attributes["state"] = v.Version, v.State
	reference := resource{Type: "alternativeDistributionPackages", ID: v.PackageID}
	relationships := object{"alternativeDistributionPackage": object{"data": reference}}
	var included []resource
	if c.includes("alternativeDistributionPackage") {
		included = append(included, c.resource(reference.Type, reference.ID, nil, nil))
	}
	for _, group := range []struct {
		name, kind string
		files      []PackageFile
	}{
		{"variants", "alternativeDistributionPackageVariants", v.Variants},
		{"deltas", "alternativeDistributionPackageDeltas", v.Deltas},
	} {
		if !c.includes(group.name) {
			continue
		}
		limit := maxIncluded
		if given, err := strconv.Atoi(c.query.Get("limit[" + group.name + "]")); err == nil {
			limit = given
		}
		data := []resource{}
		for _, file := range group.files[:min(limit, len(group.files))] {
			attributes := c.file(file, expires)
			attributes["alternativeDistributionKeyBlob"] = "key blob of " + file.ID
			included = append(included, c.resource(group.kind, file.ID, attributes, nil))
			data = append(data, resource{Type: group.kind, ID: file.ID})
		}
		total := meta{paging{Total: len(group.files), Limit: limit}}
		relationships[group.name] = object{"data": data, "meta": total}
	}
	shown := c.resource("alternativeDistributionPackageVersions", v.ID, attributes, relationships)
	return c.one(http.StatusOK, shown, included...)
}

func (c *call) file(f PackageFile, expires time.Time) object {
	return object{
		"url": c.link(c.downloadURL(f.ID, expires)), "fileChecksum": f.Checksum,
		"urlExpirationDate": expires.Truncate(time.Second).Format("2006-01-02T15:04:05-07:00"),
	}
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

// download serves a file.
func download(s *State, c *call) response {
	var files []PackageFile
	for _, v := range s.PackageVersions {
		files = slices.Concat(files, []PackageFile{v.PackageFile}, v.Variants, v.Deltas)
	}
	if i := slices.IndexFunc(files, func(f PackageFile) bool { return f.ID == c.id }); i >= 0 {
		header := http.Header{"Content-Type": {"application/octet-stream"}}
		return response{status: http.StatusOK, header: header, body: files[i].Content}
	}
	return plain(http.StatusNotFound, "No such file.\n", "no such file")
}
