// Package webhooks is the front page of a Go client for App Store Connect's
// webhooks. It holds no code; the packages are:
//
//   - [github.com/ascmarketplace/webhooks/auth]: API keys to signed tokens
//   - [github.com/ascmarketplace/webhooks/wrapper]: register, read, change and
//     remove webhooks; retries and typed errors
//   - [github.com/ascmarketplace/webhooks/notification]: verify, decode and
//     receive what App Store Connect posts
//   - [github.com/ascmarketplace/webhooks/asctest]: App Store Connect in memory,
//     for your tests
//   - [github.com/ascmarketplace/webhooks/openapi]: the OpenAPI documents, as bytes
//   - [github.com/ascmarketplace/webhooks/gen]: what is generated from them; its
//     names may change with Apple's document
//
// The command ascwebhooks does the same from a shell.
//
// Apple has deprecated the resource marketplaceWebhooks in favour of
// /v1/webhooks (API 4.0 and later), and has announced no removal. What is here
// keeps working for as long as Apple serves it.
//
// This file has every go:generate line, and tools.go pins the generator.
package webhooks

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config gen/config.yaml openapi/app-store-connect.yaml
