// Package spec turns Apple's OpenAPI document into ours.
//
// Apple publishes one document of about 5 MB for its whole API. Ours keeps a
// handful of operations and what they reach, in our own words, with the
// corrections of an overlay:
//
//	upstream, err := spec.ReadUpstream("app-store-connect-4.4.1.json") // or the .zip
//	kept, err := spec.ReadKept("openapi/kept.yaml")
//	overlay, err := spec.ReadOverlay("openapi/overlay.yaml")
//	document, err := spec.Trim(upstream, kept, overlay, spec.CommittedDocument)
//
// The document names the operations that are gone and the corrections that do
// not fit. The same content gives the same bytes, whatever the order of keys
// upstream. Nothing is ever fetched: a reference into another file or URL is an
// error.
package spec
