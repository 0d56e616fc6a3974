package wrapper

import (
	"context"
	"iter"

	"github.com/ascmarketplace/webhooks/gen"
)

// Packages is the alternativeDistributionPackages resource.
type Packages struct{ c *Client }

// Package is the alternative distribution package of an app; it has versions.
type Package struct {
	ID                 string
	SourceFileChecksum Checksum
}

// Checksum is a checksum that names its algorithm: MD5 or SHA_256.
type Checksum struct{ Hash, Algorithm string }

// Get returns a package.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-alternativedistributionpackages-_id_
func (s *Packages) Get(ctx context.Context, id string) (Package, error) {
	call := s.c.call(operation{id: "alternativeDistributionPackages_getInstance", invalid: checkID(id)})
	pack := single(call, id, newPackage)
	return value(pack.result(call.AlternativeDistributionPackagesGetInstance(ctx, id)))
}

func newPackage(from *gen.AlternativeDistributionPackage, _ []included) (*Package, error) {
	file := from.Attributes.SourceFileChecksum.File
	return &Package{
		ID: from.ID, SourceFileChecksum: Checksum{Hash: file.Hash, Algorithm: string(file.Algorithm)},
	}, checkResource(from.Type, gen.AlternativeDistributionPackageTypeAlternativeDistributionPackages, from.ID)
}

func (p Package) id() string { return p.ID }

// Versions lists the versions of a package, reading one page after the other;
// in which order is documented nowhere. An error ends the sequence.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-alternativedistributionpackages-_id_-versions
func (s *Packages) Versions(ctx context.Context, packageID string) iter.Seq2[PackageVersion, error] {
	params := gen.AlternativeDistributionPackagesVersionsGetToManyRelatedParams{
		Include: []string{"alternativeDistributionPackage"}, Limit: maxPage,
	}
	return pages[PackageVersion](func(query string) ([]*PackageVersion, string, error) {
		call := s.c.call(operation{
			id: "alternativeDistributionPackages_versions_getToManyRelated", invalid: checkID(packageID), query: query,
		})
		versions := list(call, newPackageVersion)
		return versions.page(call.AlternativeDistributionPackagesVersionsGetToManyRelated(ctx, packageID, &params))
	}).all
}
