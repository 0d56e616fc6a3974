// Package sample has an event of every type, to try a receiver on.
package sample

import "github.com/ascmarketplace/webhooks/notification"

// What the events are about, and the issuer ID of the sandbox's key.
const (
	MarketplaceAppID = "6478000000"
	AppID            = "6478000001"
	PackageID        = "9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01"
	PackageVersionID = "5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02"
	IssuerID         = "6a1e0f52-90a5-4c7e-8a4c-0d9f6f2f7b01"
)

// Types returns all types of notifications, first those of marketplaceWebhooks.
func Types() (types []string) {
	for _, n := range notification.Examples() {
		types = append(types, n.Type)
	}
	return types
}

// Event returns a new event of a type, or nil if there is no such type.
func Event(eventType string) notification.Event {
	for _, n := range notification.Examples() {
		if n.Type == eventType {
			return n.Event
		}
	}
	return nil
}
