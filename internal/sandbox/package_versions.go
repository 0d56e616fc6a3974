package sandbox

// Package versions in the state.

import (
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// packageVersion is an asctest.PackageVersion.
type packageVersion struct {
	packageFile
	PackageID     string        `json:"package_id"`
	Version       string        `json:"version"`
	State         string        `json:"state"`
	Variants      []packageFile `json:"variants"`
	Deltas        []packageFile `json:"deltas"`
	URLLifetimeMS int64         `json:"url_lifetime_ms"`
}

type packageFile struct {
	ID       string `json:"id"`
	Content  []byte `json:"content"` // base64
	Checksum string `json:"checksum"`
}

func packageFileOf(f asctest.PackageFile) packageFile {
	return packageFile{f.ID, append([]byte{}, f.Content...), f.Checksum}
}

func (f packageFile) asctest() asctest.PackageFile { return asctest.PackageFile(f) }

func packageVersionOf(v asctest.PackageVersion) packageVersion {
	return packageVersion{
		packageFile: packageFileOf(v.PackageFile), PackageID: v.PackageID, Version: v.Version, State: v.State,
		Variants: mapped(v.Variants, packageFileOf), Deltas: mapped(v.Deltas, packageFileOf),
		URLLifetimeMS: int64(v.URLLifetime / time.Millisecond),
	}
}

func (v packageVersion) asctest() asctest.PackageVersion {
	return asctest.PackageVersion{
		PackageFile: v.packageFile.asctest(), PackageID: v.PackageID, Version: v.Version, State: v.State,
		Variants: mapped(v.Variants, packageFile.asctest), Deltas: mapped(v.Deltas, packageFile.asctest),
		URLLifetime: milliseconds(v.URLLifetimeMS),
	}
}
