package wrapper

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
)

// PackageVersions is the alternativeDistributionPackageVersions resource: what
// a notification about a new package version points at, and where to download it.
type PackageVersions struct{ c *Client }

// PackageVersion is one version of an app's alternative distribution package.
type PackageVersion struct {
	PackageFile
	// PackageID names the package that it is a version of.
	PackageID string
	// Version is the version's number, a string in Apple's words too.
	Version string
	State   PackageVersionState

	// Variants and Deltas are the first 50 of each: what Apple includes.
	// VariantsTotal and DeltasTotal tell how many there are, by the response;
	// Complete, whether all of both are here. Deltas appear later than variants.
	Variants, Deltas           []PackageFile
	VariantsTotal, DeltasTotal int
	Complete                   bool
}

// PackageFile is something to download: the package, a variant or a delta.
type PackageFile struct {
	ID  string
	URL DownloadURL
	// URLExpirationDate is when URL stops to work; read the version again then.
	URLExpirationDate time.Time
	// FileChecksum is documented as a string only. That 64 hex digits are
	// SHA-256 and 32 are MD5 is assumed.
	FileChecksum string
	// AlternativeDistributionKeyBlob is set on variants and deltas.
	AlternativeDistributionKeyBlob string
}

// PackageVersionState is the state of a package version.
type PackageVersionState string

// Apple's states of a package version.
const (
	PackageVersionCompleted PackageVersionState = "COMPLETED"
	PackageVersionReplaced  PackageVersionState = "REPLACED"
)

const maxIncluded = 50

// Get returns the package version with its package's id, its variants and its
// deltas.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-alternativedistributionpackageversions-_id_
func (s *PackageVersions) Get(ctx context.Context, id string) (PackageVersion, error) {
	params := &gen.AlternativeDistributionPackageVersionsGetInstanceParams{
		Include: []gen.AlternativeDistributionPackageVersionsGetInstanceParamsInclude{
			gen.AlternativeDistributionPackageVersionsGetInstanceParamsIncludeAlternativeDistributionPackage,
			gen.AlternativeDistributionPackageVersionsGetInstanceParamsIncludeVariants,
			gen.AlternativeDistributionPackageVersionsGetInstanceParamsIncludeDeltas,
		},
		LimitVariants: maxIncluded,
		LimitDeltas:   maxIncluded,
	}
	call := s.c.call(operation{id: "alternativeDistributionPackageVersions_getInstance", invalid: checkID(id)})
	version := single(call, id, newPackageVersion)
	return value(version.result(call.AlternativeDistributionPackageVersionsGetInstance(ctx, id, params)))
}

func newPackageVersion(from *gen.AlternativeDistributionPackageVersion, included []included) (*PackageVersion, error) {
	relationships := from.Relationships
	version := &PackageVersion{
		PackageFile: PackageFile{
			ID: from.ID, URL: newDownloadURL(from.Attributes.URL),
			URLExpirationDate: parseDate(from.Attributes.URLExpirationDate), FileChecksum: from.Attributes.FileChecksum,
		},
		PackageID:     relationships.AlternativeDistributionPackage.Data.ID,
		Version:       from.Attributes.Version,
		State:         PackageVersionState(from.Attributes.State),
		VariantsTotal: max(relationships.Variants.Meta.Paging.Total, len(relationships.Variants.Data)),
		DeltasTotal:   max(relationships.Deltas.Meta.Paging.Total, len(relationships.Deltas.Data)),
	}
	for _, resource := range included {
		version.include(resource)
	}
	version.VariantsTotal = max(version.VariantsTotal, len(version.Variants))
	version.DeltasTotal = max(version.DeltasTotal, len(version.Deltas))
	version.Complete = len(version.Variants) == version.VariantsTotal && len(version.Deltas) == version.DeltasTotal
	const wantType = gen.AlternativeDistributionPackageVersionTypeAlternativeDistributionPackageVersions
	return version, checkResource(from.Type, wantType, from.ID)
}

func (v PackageVersion) id() string { return v.ID }

// include adds a variant or a delta, which have the same attributes; other kinds
// are left out.
func (v *PackageVersion) include(resource included) {
	var from gen.AlternativeDistributionPackageVariantAttributes
	_ = json.Unmarshal(resource.Attributes, &from)
	file := PackageFile{
		ID: resource.ID, URL: newDownloadURL(from.URL), URLExpirationDate: parseDate(from.URLExpirationDate),
		FileChecksum: from.FileChecksum, AlternativeDistributionKeyBlob: from.AlternativeDistributionKeyBlob,
	}
	switch resource.Type {
	case string(gen.AlternativeDistributionPackageVariantTypeAlternativeDistributionPackageVariants):
		v.Variants = append(v.Variants, file)
	case string(gen.AlternativeDistributionPackageDeltaTypeAlternativeDistributionPackageDeltas):
		v.Deltas = append(v.Deltas, file)
	}
}

// DownloadURL is where to download a file. Its query holds an access key, so
// it prints scheme, host and path only: under every verb of fmt, in slog, JSON
// and XML. Download
// with a plain http.Client: a bearer token must never be sent to it.
type DownloadURL struct {
	value func() string // as in Secret
}

func newDownloadURL(rawURL string) DownloadURL {
	if rawURL == "" {
		return DownloadURL{}
	}
	return DownloadURL{func() string { return rawURL }}
}

// IsZero reports whether there is no URL.
func (u DownloadURL) IsZero() bool { return u.value == nil }

// Reveal returns the whole URL, to download from and not to print.
func (u DownloadURL) Reveal() string {
	if u.value == nil {
		return ""
	}
	return u.value()
}

// String returns scheme, host and path, as far as the path's first semicolon.
func (u DownloadURL) String() string {
	whole, err := url.Parse(u.Reveal())
	if err != nil || whole.Opaque != "" {
		return redacted
	}
	path, _, _ := strings.Cut(whole.Path, ";")
	return (&url.URL{Scheme: whole.Scheme, Host: whole.Host, Path: path}).String()
}

// Format implements fmt.Formatter.
func (u DownloadURL) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(u.String())) }

// LogValue implements slog.LogValuer.
func (u DownloadURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText implements encoding.TextMarshaler.
func (u DownloadURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }
