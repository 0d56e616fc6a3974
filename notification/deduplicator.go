package notification

import (
	"context"
	"sync"
	"time"
)

// A Deduplicator lets each notification be handled successfully once.
//
// Once calls handle and returns its error, unless a notification of the same
// ID has been handled already: then it returns nil without calling. While
// another call for that ID is under way it waits for its outcome, or until ctx
// is done. When handle returns nil the notification counts as handled; when it
// returns an error, or does not return, it must be free to be handled again.
// Any other error that Once returns says that the store failed, and the sender
// is told 503; the handler logs no more than the error's type, since its text
// may quote the payload, so a store logs its own failures. Once is safe for concurrent use, and calls handle at most once
// and in the calling goroutine.
//
// A table with a unique ID does all of this in PostgreSQL, where the second
// insert waits for the first transaction; and what the function does in that
// transaction, which it takes from its context, has effect exactly once. In
// SQLite the same wants one writing connection (examples/marketplace has it):
//
//	func (i *Inbox) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
//		tx, err := i.db.BeginTx(ctx, nil)
//		if err != nil {
//			return err
//		}
//		defer tx.Rollback()
//		result, err := tx.ExecContext(ctx, `INSERT INTO inbox (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING`, n.ID, n.Raw)
//		if err != nil {
//			return err
//		}
//		if rows, err := result.RowsAffected(); rows == 0 || err != nil {
//			return err
//		}
//		if err := handle(withTx(ctx, tx)); err != nil {
//			return err
//		}
//		return tx.Commit()
//	}
type Deduplicator interface {
	Once(ctx context.Context, n *Notification, handle func(context.Context) error) error
}

const (
	memorySize   = 1 << 16
	memoryExpiry = 24 * time.Hour
)

// memory is a Deduplicator of this process: bounded, expiring, gone with it.
type memory struct {
	mu      sync.Mutex
	claims  map[string]chan struct{} // open while being handled; nil once handled
	handled []handled                // oldest first
}

type handled struct {
	id string
	at time.Time
}

func newMemory() *memory { return &memory{claims: map[string]chan struct{}{}} }

func (m *memory) Once(ctx context.Context, n *Notification, handle func(context.Context) error) error {
	for {
		claim, mine := m.claim(n.ID)
		if mine {
			return m.run(ctx, n.ID, claim, handle)
		}
		if claim == nil {
			return nil
		}
		select {
		case <-claim:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (m *memory) claim(id string) (claim chan struct{}, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	claim, taken := m.claims[id]
	if !taken {
		claim = make(chan struct{})
		m.claims[id] = claim
	}
	return claim, !taken
}

// run settles the claim even if handle panics or ends the goroutine.
func (m *memory) run(ctx context.Context, id string, claim chan struct{}, handle func(context.Context) error) error {
	done := false
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if done {
			m.claims[id] = nil
			m.handled = append(m.handled, handled{id, time.Now()})
		} else {
			delete(m.claims, id)
		}
		close(claim)
	}()
	err := handle(ctx)
	done = err == nil
	return err
}

// forget drops what has expired and what is over the bound.
func (m *memory) forget() {
	for len(m.handled) > memorySize || len(m.handled) > 0 && time.Since(m.handled[0].at) >= memoryExpiry {
		delete(m.claims, m.handled[0].id)
		m.handled = m.handled[1:]
	}
}
