// Package webhooks is the front page of a Go client for App Store Connect's
// webhooks. It contains no code; the packages are:
//
//   - [github.com/ascmarketplace/webhooks/auth]: turns API keys into signed tokens
//   - [github.com/ascmarketplace/webhooks/wrapper]: registers, reads, changes and
//     removes webhooks, and reads what events are about, with retries and typed
//     errors
//   - [github.com/ascmarketplace/webhooks/notification]: verifies, decodes and
//     receives what App Store Connect posts
//   - [github.com/ascmarketplace/webhooks/notification/sqlstore]: remembers what
//     was handled, in SQLite, MySQL, MariaDB or PostgreSQL
//   - [github.com/ascmarketplace/webhooks/notification/pgxstore]: the same in
//     PostgreSQL through pgx, a module of its own
//   - [github.com/ascmarketplace/webhooks/asctest]: App Store Connect in memory,
//     for your tests
//   - [github.com/ascmarketplace/webhooks/openapi]: the OpenAPI documents, as bytes
//   - [github.com/ascmarketplace/webhooks/gen]: the code generated from them; its
//     names may change with Apple's document
//
// The command ascwebhooks does the same from a shell.
//
// Apple has deprecated the resource marketplaceWebhooks in favour of webhooks
// (API 4.0 and later), and has announced no removal. The packages cover both.
//
// This file has every go:generate line, and tools.go pins the generator.
package webhooks

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config gen/config.yaml openapi/app-store-connect.yaml
//go:generate gzip -kf9n openapi/app-store-connect.yaml
