// Package notification receives what App Store Connect posts: to the endpoint
// of a marketplace, and to the webhooks of an app. It needs only the standard
// library. The package example is a complete receiver.
//
// A notification is one message about one [Event], such as
// [*AlternativeDistributionPackageVersionCreated]. Both of Apple's resources,
// marketplaceWebhooks and webhooks, sign in the same way, so one [Handler]
// serves both; switch on the type of [Notification].Event.
//
// Store first, respond fast: let the function write the notification where a
// crash can't lose it, then return, and do the work afterwards. The Handler
// responds with 200 once the function has returned nil, and with an error
// status otherwise, so that the sender knows. What was missed during downtime
// goes the same way: pass [Handler.Handle] to CatchUp of package wrapper.
//
// Exactly-once effects need a transaction of your own. The default
// [Deduplicator] is in memory: a restart forgets it, and two replicas (two
// processes that share the work) do not share it. Either record
// [Notification].ID in the transaction that has the effect (INSERT ... ON
// CONFLICT DO NOTHING does it), or put a Deduplicator on your database. A
// signature does not cover the time of sending, so a replayed notification is
// recognised only by its ID, or by its effect being there already.
//
// To rotate the secret without losing a notification, give [NewVerifier] the
// new secret and the old one, update the webhook, and drop the old one later;
// [Notification].SecretIndex tells which is still in use.
//
// Documented by Apple: the signature, the types and their content, and that a
// notification may rarely arrive twice. Assumed, because Apple says nothing:
// that 2xx acknowledges a notification and anything else may be sent again,
// and that an ID identifies one notification.
package notification
