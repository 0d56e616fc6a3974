package wrapper

import (
	"context"
	"iter"

	"github.com/ascmarketplace/webhooks/gen"
)

// PackageVersions is the alternativeDistributionPackageVersions resource: what
// an event about a new package version points at, and where to download it.
type PackageVersions struct{ c *Client }

// PackageVersion is one version of an app's alternative distribution package.
type PackageVersion struct {
	// PackageFile is an archive with the version's manifest and its signature
	// (documented by Apple); Variants and Deltas have the app.
	PackageFile
	// PackageID names the package that it is a version of.
	PackageID string
	// Version is the version's number, as a string like Apple's.
	Version string
	State   PackageVersionState
}

// PackageVersionState is the state of a package version.
type PackageVersionState string

// Apple's states of a package version. The OpenAPI document lists them and says
// no more. Assumed: a completed one can be downloaded; a replaced one has been
// superseded by a newer version, which is the one to serve.
const (
	PackageVersionCompleted PackageVersionState = "COMPLETED"
	PackageVersionReplaced  PackageVersionState = "REPLACED"
)

// Get returns a package version with its package's ID.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-alternativedistributionpackageversions-_id_
func (s *PackageVersions) Get(ctx context.Context, id string) (PackageVersion, error) {
	params := gen.AlternativeDistributionPackageVersionsGetInstanceParams{
		Include: []string{"alternativeDistributionPackage"},
	}
	call := s.c.call(operation{id: "alternativeDistributionPackageVersions_getInstance", invalid: checkID(id)})
	version := single(call, id, newPackageVersion)
	return value(version.result(call.AlternativeDistributionPackageVersionsGetInstance(ctx, id, &params)))
}

func newPackageVersion(from *gen.AlternativeDistributionPackageVersion, _ []included) (*PackageVersion, error) {
	attributes := from.Attributes
	return &PackageVersion{
		PackageFile: PackageFile{
			ID: from.ID, URL: NewDownloadURL(attributes.URL),
			URLExpirationDate: parseDate(attributes.URLExpirationDate), FileChecksum: attributes.FileChecksum,
		},
		PackageID: from.Relationships.AlternativeDistributionPackage.Data.ID,
		Version:   attributes.Version,
		State:     PackageVersionState(attributes.State),
	}, checkResource(from.Type, gen.AlternativeDistributionPackageVersionTypeAlternativeDistributionPackageVersions, from.ID)
}

func (v PackageVersion) id() string { return v.ID }

// Variants lists the app as each kind of device needs it, reading one page
// after the other. An error ends the sequence.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-alternativedistributionpackageversions-_id_-variants
func (s *PackageVersions) Variants(ctx context.Context, packageVersionID string) iter.Seq2[PackageFile, error] {
	const id = "alternativeDistributionPackageVersions_variants_getToManyRelated"
	params := gen.AlternativeDistributionPackageVersionsVariantsGetToManyRelatedParams{Limit: maxPage}
	return pages[PackageFile](func(query string) ([]*PackageFile, string, error) {
		call := s.c.call(operation{id: id, invalid: checkID(packageVersionID), query: query})
		variants := list(call, newVariant)
		return variants.page(
			call.AlternativeDistributionPackageVersionsVariantsGetToManyRelated(ctx, packageVersionID, &params))
	}).all
}

// Deltas lists the changes from earlier versions, reading one page after the
// other. An error ends the sequence. Deltas come an unspecified time after the
// variants, with an event of their own; the variants can be served meanwhile
// (documented by Apple). So a version without deltas may get some.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-alternativedistributionpackageversions-_id_-deltas
func (s *PackageVersions) Deltas(ctx context.Context, packageVersionID string) iter.Seq2[PackageFile, error] {
	const id = "alternativeDistributionPackageVersions_deltas_getToManyRelated"
	params := gen.AlternativeDistributionPackageVersionsDeltasGetToManyRelatedParams{Limit: maxPage}
	return pages[PackageFile](func(query string) ([]*PackageFile, string, error) {
		call := s.c.call(operation{id: id, invalid: checkID(packageVersionID), query: query})
		deltas := list(call, newDelta)
		return deltas.page(call.AlternativeDistributionPackageVersionsDeltasGetToManyRelated(ctx, packageVersionID, &params))
	}).all
}

func newVariant(from *gen.AlternativeDistributionPackageVariant, _ []included) (*PackageFile, error) {
	return packageFileOf(from.ID, from.Attributes),
		checkResource(from.Type, gen.AlternativeDistributionPackageVariantTypeAlternativeDistributionPackageVariants, from.ID)
}

func newDelta(from *gen.AlternativeDistributionPackageDelta, _ []included) (*PackageFile, error) {
	return packageFileOf(from.ID, gen.AlternativeDistributionPackageVariantAttributes(from.Attributes)),
		checkResource(from.Type, gen.AlternativeDistributionPackageDeltaTypeAlternativeDistributionPackageDeltas, from.ID)
}

func packageFileOf(id string, from gen.AlternativeDistributionPackageVariantAttributes) *PackageFile {
	return &PackageFile{
		ID: id, URL: NewDownloadURL(from.URL), URLExpirationDate: parseDate(from.URLExpirationDate),
		FileChecksum: from.FileChecksum, AlternativeDistributionKeyBlob: from.AlternativeDistributionKeyBlob,
	}
}

func (f PackageFile) id() string { return f.ID }
