// Package openapi holds the OpenAPI documents that the rest of the module is
// generated from and tested against, as bytes. It imports only the standard
// library: parse them with whatever you have.
package openapi

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"strings"
)

// The document is a fifteenth of its size when compressed; make generate does it.
//
//go:embed app-store-connect.yaml.gz
var appStoreConnect string

// AppStoreConnect returns the OpenAPI 3.0 document, in YAML, of the operations
// that this module calls: Apple's structure, trimmed to these operations and
// corrected, described in our words. The bytes are the caller's own.
func AppStoreConnect() []byte {
	var document bytes.Buffer
	reader, err := gzip.NewReader(strings.NewReader(appStoreConnect))
	if err == nil {
		_, err = document.ReadFrom(reader)
	}
	if err != nil { // tests read the same bytes
		panic("openapi: reading the embedded document: " + err.Error())
	}
	return document.Bytes()
}

//go:embed notifications.yaml
var notifications string

// Notifications returns the OpenAPI 3.1 document of what App Store Connect
// posts, in YAML. Apple publishes none, so every line is ours. Nothing is
// generated from it: package notification decodes every type in one pass of
// its own. The bytes are the caller's own.
func Notifications() []byte { return []byte(notifications) }

//go:embed sandbox.yaml
var sandbox string

// Sandbox returns the OpenAPI 3.0 document of the control API of the command's
// sandbox, in YAML. The bytes are the caller's own.
func Sandbox() []byte { return []byte(sandbox) }
