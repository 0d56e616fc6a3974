package catalogue

import (
	"context"
	"errors"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// Effect is what a notification does to the catalogue.
type Effect struct {
	n          *notification.Notification
	receivedAt time.Time
	version    wrapper.PackageVersion
	rejected   error // matches ErrRejected
}

// Prepare gets what the notification needs from outside, before the transaction. It
// may happen again. A *LaterError says when App Store Connect can be asked again.
func (p *Packages) Prepare(ctx context.Context, n *notification.Notification, receivedAt time.Time) (*Effect, error) {
	e := &Effect{n: n, receivedAt: receivedAt}
	created, ok := n.Event.(*notification.AlternativeDistributionPackageVersionCreated)
	if !ok {
		return e, nil
	}
	var err error
	if e.version, err = p.Fetch(ctx, created.PackageVersionID); errors.Is(err, ErrRejected) {
		e.rejected = err
	} else if err != nil {
		return nil, err
	}
	return e, nil
}

// Apply works the effect into the catalogue. It returns the state of the notification
// afterwards, and why it is not "applied": "rejected", or "unknown", which a later
// release may know.
func (e *Effect) Apply(ctx context.Context, exec Exec) (state string, reason, err error) {
	if e.rejected != nil {
		return "rejected", e.rejected, nil
	}
	err = Apply(ctx, exec, e.n, e.receivedAt, e.version)
	if errors.Is(err, ErrUnknown) {
		return "unknown", err, nil
	}
	return "applied", nil, err
}
