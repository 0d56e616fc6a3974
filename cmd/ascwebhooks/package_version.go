package main

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func newPackageVersion(sys *system) *cobra.Command {
	var c caller
	cmd := &cobra.Command{
		Use:   "package-version ID",
		Short: "Show a version of an alternative distribution package, and where to download it",
		Long: `Show what a notification about a new package version points at: its package, its
number, and where to download it, its variants and its deltas. A URL works until
it expires, for whoever has it: treat it as a secret.`,
		Example: `  ascwebhooks package-version 5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02
  ascwebhooks package-version 5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02 --output json | jq -r .url`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				document, err := readPackageVersion(ctx, client.PackageVersions, args[0])
				if err != nil {
					return err
				}
				return sys.print(document, document.text())
			})
		},
	}
	c.flags(cmd)
	return cmd
}

type packageFileDocument struct {
	ID       string    `json:"id"`
	URL      string    `json:"url"`
	Expires  time.Time `json:"url_expires,omitzero"`
	Checksum string    `json:"checksum,omitempty"`
	KeyBlob  string    `json:"key_blob,omitempty"`
}

type packageVersionDocument struct {
	packageFileDocument
	PackageID string                      `json:"package_id"`
	Version   string                      `json:"version"`
	State     wrapper.PackageVersionState `json:"state"`
	Variants  []packageFileDocument       `json:"variants"`
	Deltas    []packageFileDocument       `json:"deltas"`
}

// readPackageVersion reads a package version with all variants and deltas.
func readPackageVersion(ctx context.Context, versions *wrapper.PackageVersions, id string) (packageVersionDocument, error) {
	v, err := versions.Get(ctx, id)
	if err != nil {
		return packageVersionDocument{}, err
	}
	variants, err := packageFiles(versions.Variants(ctx, id))
	if err != nil {
		return packageVersionDocument{}, err
	}
	deltas, err := packageFiles(versions.Deltas(ctx, id))
	return packageVersionDocument{
		packageFileDocument: newPackageFileDocument(v.PackageFile),
		PackageID:           v.PackageID, Version: v.Version, State: v.State, Variants: variants, Deltas: deltas,
	}, err
}

func packageFiles(all iter.Seq2[wrapper.PackageFile, error]) ([]packageFileDocument, error) {
	documents := []packageFileDocument{}
	for file, err := range all {
		if err != nil {
			return nil, err
		}
		documents = append(documents, newPackageFileDocument(file))
	}
	return documents, nil
}

func newPackageFileDocument(f wrapper.PackageFile) packageFileDocument {
	return packageFileDocument{f.ID, f.URL.Reveal(), f.URLExpirationDate, f.FileChecksum, f.AlternativeDistributionKeyBlob}
}

func (d packageVersionDocument) text() string {
	expires := ""
	if !d.Expires.IsZero() {
		expires = d.Expires.Format(time.RFC3339)
	}
	return fields("id", d.ID, "package", d.PackageID, "version", d.Version, "state", string(d.State),
		"URL", d.URL, "URL expires", expires, "checksum", d.Checksum,
		"variants", fmt.Sprint(len(d.Variants)), "deltas", fmt.Sprint(len(d.Deltas)))
}
