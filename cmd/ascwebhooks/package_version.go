package main

import (
	"context"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func newPackageVersion(sys *system) *cobra.Command {
	var c caller
	var folder string
	cmd := &cobra.Command{
		Use:   "package-version ID",
		Short: "Show a version of an alternative distribution package, or download it",
		Long: `Show what a notification about a new package version points at: its package, its
number, and where to download it, its variants and its deltas. A URL works until
it expires, for whoever has it: treat it as a secret.

--download gets all of these files, and prints no URL. A file is in the folder once
it is whole and its checksum verifies. Run it again to get what is missing. Files
whose names end in .part are left by a process that was killed.`,
		Example: `  ascwebhooks package-version 5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02
  ascwebhooks package-version 5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02 --output json | jq -r .url
  ascwebhooks package-version 5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02 --download packages`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			var dir *os.Root
			if folder != "" {
				if dir, err = openDir("--download must be a folder in which files can be made", folder); err != nil {
					return err
				}
				defer func() { _ = dir.Close() }()
			}
			return c.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				if dir != nil {
					return newDownload(sys, client, dir, args[0]).run(ctx)
				}
				version, err := readPackageVersion(ctx, client.PackageVersions, args[0])
				if err != nil {
					return err
				}
				document := version.document(false)
				return sys.print(document, document.text())
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&folder, "download", "", "`folder` to download everything to")
	mustSet(cmd.MarkFlagDirname("download"))
	return cmd
}

// packageVersion is a package version with all variants and deltas.
type packageVersion struct {
	wrapper.PackageVersion
	variants, deltas []wrapper.PackageFile
}

func readPackageVersion(ctx context.Context, versions *wrapper.PackageVersions, id string) (v packageVersion, err error) {
	if v.PackageVersion, err = versions.Get(ctx, id); err != nil {
		return v, err
	}
	if v.variants, err = collect(versions.Variants(ctx, id)); err != nil {
		return v, err
	}
	v.deltas, err = collect(versions.Deltas(ctx, id))
	return v, err
}

func collect[T any](all iter.Seq2[T, error]) (items []T, _ error) {
	for item, err := range all {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

type packageFileDocument struct {
	ID       string    `json:"id"`
	URL      string    `json:"url,omitempty"`
	Expires  time.Time `json:"url_expires,omitzero"`
	File     string    `json:"file,omitempty"` // where it was downloaded to
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

// document says where to download v, or where it was downloaded to.
func (v packageVersion) document(downloaded bool) packageVersionDocument {
	each := func(files []wrapper.PackageFile, kind string) []packageFileDocument {
		documents := make([]packageFileDocument, len(files))
		for i, f := range files {
			documents[i] = packageFileDocument{ID: f.ID, Checksum: f.FileChecksum, KeyBlob: f.AlternativeDistributionKeyBlob}
			if downloaded {
				documents[i].File = downloadName(kind, f)
			} else {
				documents[i].URL, documents[i].Expires = f.URL.Reveal(), f.URLExpirationDate
			}
		}
		return documents
	}
	return packageVersionDocument{
		packageFileDocument: each([]wrapper.PackageFile{v.PackageFile}, manifest)[0],
		PackageID:           v.PackageID, Version: v.Version, State: v.State,
		Variants: each(v.variants, variant), Deltas: each(v.deltas, delta),
	}
}

func (d packageVersionDocument) text() string {
	expires := ""
	if !d.Expires.IsZero() {
		expires = d.Expires.Format(time.RFC3339)
	}
	text := fields("id", d.ID, "package", d.PackageID, "version", d.Version, "state", string(d.State),
		"URL", d.URL, "URL expires", expires, "file", d.File, "checksum", d.Checksum,
		"variants", fmt.Sprint(len(d.Variants)), "deltas", fmt.Sprint(len(d.Deltas)))
	for _, f := range d.Variants {
		text += f.line(variant)
	}
	for _, f := range d.Deltas {
		text += f.line(delta)
	}
	return text
}

// line has what differs from file to file; JSON has all of it.
func (d packageFileDocument) line(kind string) string {
	return fields(kind, strings.TrimSpace(d.ID+"  "+d.URL+d.File))
}
