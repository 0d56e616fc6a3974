// Package openapi holds the OpenAPI documents that the rest of the module is
// generated from and tested against, as bytes. It imports nothing: parse them
// with whatever you have.
package openapi

import _ "embed"

//go:embed marketplace-webhooks.yaml
var marketplaceWebhooks string

// MarketplaceWebhooks returns the OpenAPI 3.0 document of the four
// marketplaceWebhooks operations, in YAML: Apple's structure, trimmed and
// corrected, in our words. The bytes are the caller's own.
func MarketplaceWebhooks() []byte { return []byte(marketplaceWebhooks) }

//go:embed notifications.yaml
var notifications string

// Notifications returns the OpenAPI 3.1 document of what App Store Connect
// posts to a marketplace, in YAML: ours throughout, since Apple publishes
// none. Nothing is generated from it: package notification decodes every type in
// one pass of its own. The bytes are the caller's own.
func Notifications() []byte { return []byte(notifications) }
