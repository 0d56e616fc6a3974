package main

import (
	"context"
	"fmt"
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
				version, err := client.PackageVersions.Get(ctx, args[0])
				if err != nil {
					return err
				}
				document := newPackageVersionDocument(version)
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
	PackageID     string                      `json:"package_id"`
	Version       string                      `json:"version"`
	State         wrapper.PackageVersionState `json:"state"`
	Variants      []packageFileDocument       `json:"variants"`
	VariantsTotal int                         `json:"variants_total"`
	Deltas        []packageFileDocument       `json:"deltas"`
	DeltasTotal   int                         `json:"deltas_total"`
	Complete      bool                        `json:"complete"`
}

func newPackageVersionDocument(v wrapper.PackageVersion) packageVersionDocument {
	return packageVersionDocument{
		packageFileDocument: newPackageFileDocument(v.PackageFile),
		PackageID:           v.PackageID, Version: v.Version, State: v.State,
		Variants: newPackageFileDocuments(v.Variants), VariantsTotal: v.VariantsTotal,
		Deltas: newPackageFileDocuments(v.Deltas), DeltasTotal: v.DeltasTotal,
		Complete: v.Complete,
	}
}

func newPackageFileDocuments(files []wrapper.PackageFile) []packageFileDocument {
	documents := make([]packageFileDocument, len(files))
	for i, file := range files {
		documents[i] = newPackageFileDocument(file)
	}
	return documents
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
		"variants", fmt.Sprint(d.VariantsTotal), "deltas", fmt.Sprint(d.DeltasTotal))
}
