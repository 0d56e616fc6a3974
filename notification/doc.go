// Package notification receives what App Store Connect posts to a
// marketplace's registered endpoint. It needs the standard library only.
//
// This is a whole receiver:
//
//	func main() {
//		verifier, err := notification.NewVerifier([]byte(os.Getenv("ASC_WEBHOOK_SECRET")))
//		if err != nil {
//			log.Fatal(err)
//		}
//		handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
//			return inbox.Store(ctx, n.ID, n.Raw)
//		})
//		if err != nil {
//			log.Fatal(err)
//		}
//		log.Fatal(notification.NewServer(":8080", handler).ListenAndServe())
//	}
//
// Store first, answer fast: let the function write the notification where a
// crash can't lose it and return, and do the work afterwards. The [Handler]
// answers 200 once the function has returned nil, and an error status when it
// has not, so that the sender can know.
//
// Exactly-once effects need a transaction of your own. The default
// [Deduplicator] is in memory: a restart forgets it, and two replicas do not
// share it. Either record [Notification].ID in the transaction that has the
// effect (INSERT ... ON CONFLICT DO NOTHING does), or put a Deduplicator on
// your database. A signature covers no time of sending, so a replayed
// notification is known by its ID alone, or by its effect being there already.
//
// To rotate the secret without losing a notification, give [NewVerifier] the
// new secret and the old, update the webhook, and later drop the old one;
// [Notification].SecretIndex tells which is still in use.
//
// Documented by Apple: the signature, the three types and their attributes,
// and that a notification may rarely arrive twice. Assumed, because Apple says
// nothing: that 2xx means taken and anything else may be sent again, and that
// an ID names one notification.
package notification
