// Package webhooks is the front page of a Go client for App Store Connect's
// marketplace webhooks.
package webhooks

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config gen/config.yaml openapi/marketplace-webhooks.yaml
