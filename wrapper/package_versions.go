package wrapper

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
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

func newPackageVersion(from *gen.AlternativeDistributionPackageVersion, included []json.RawMessage) (*PackageVersion, error) {
	const wantType = gen.AlternativeDistributionPackageVersionTypeAlternativeDistributionPackageVersions
	if err := checkResource(from.Type, wantType, from.ID); err != nil {
		return nil, err
	}
	version := &PackageVersion{
		PackageFile: PackageFile{
			ID: from.ID, URL: newDownloadURL(from.Attributes.URL),
			URLExpirationDate: from.Attributes.URLExpirationDate, FileChecksum: from.Attributes.FileChecksum,
		},
		PackageID:     from.Relationships.AlternativeDistributionPackage.Data.ID,
		Version:       from.Attributes.Version,
		State:         PackageVersionState(from.Attributes.State),
		VariantsTotal: from.Relationships.Variants.Meta.Paging.Total,
		DeltasTotal:   from.Relationships.Deltas.Meta.Paging.Total,
	}
	for i, raw := range included {
		if err := version.include(raw); err != nil {
			return nil, fmt.Errorf("included[%d]: %w", i, err)
		}
	}
	version.VariantsTotal = max(version.VariantsTotal, len(version.Variants), len(from.Relationships.Variants.Data))
	version.DeltasTotal = max(version.DeltasTotal, len(version.Deltas), len(from.Relationships.Deltas.Data))
	version.Complete = len(version.Variants) == version.VariantsTotal && len(version.Deltas) == version.DeltasTotal
	return version, nil
}

func (v PackageVersion) id() string { return v.ID }

// include adds an included variant or delta; other kinds are left out.
func (v *PackageVersion) include(raw json.RawMessage) error {
	// A variant and a delta have the same attributes.
	var from gen.AlternativeDistributionPackageVariant
	if err := decode(raw, &from); err != nil {
		return err
	}
	file := PackageFile{
		ID: from.ID, URL: newDownloadURL(from.Attributes.URL),
		URLExpirationDate: from.Attributes.URLExpirationDate, FileChecksum: from.Attributes.FileChecksum,
		AlternativeDistributionKeyBlob: from.Attributes.AlternativeDistributionKeyBlob,
	}
	switch string(from.Type) {
	case string(gen.AlternativeDistributionPackageVariantTypeAlternativeDistributionPackageVariants):
		v.Variants = append(v.Variants, file)
	case string(gen.AlternativeDistributionPackageDeltaTypeAlternativeDistributionPackageDeltas):
		v.Deltas = append(v.Deltas, file)
	}
	return nil
}

// DownloadURL is where to download a file. Its query holds an access key, so
// it prints without: under every verb of fmt, in slog, JSON and XML. Download
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

// String returns the URL without its query.
func (u DownloadURL) String() string {
	before, _, found := strings.Cut(u.Reveal(), "?")
	if found {
		before += "?" + redacted
	}
	return before
}

// Format implements fmt.Formatter.
func (u DownloadURL) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(u.String())) }

// LogValue implements slog.LogValuer.
func (u DownloadURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText implements encoding.TextMarshaler.
func (u DownloadURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }
