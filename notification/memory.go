package notification

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

const (
	memorySize   = 1 << 16
	memoryBytes  = 4 << 20 // of IDs
	memoryExpiry = 24 * time.Hour
)

// memory is the default Deduplicator: bounded, expiring, and lost with the
// process. It relies on the Handler's gate to let each ID in once at a time.
type memory struct {
	mu      sync.Mutex
	known   map[string][sha256.Size]byte // the hash of the body of each ID
	handled []handledID                  // oldest first
	bytes   int
}

type handledID struct {
	id string
	at time.Time
}

func newMemory() *memory { return &memory{known: map[string][sha256.Size]byte{}} }

func (m *memory) Once(ctx context.Context, n *Notification, handle func(context.Context) error) error {
	body := sha256.Sum256(n.Raw)
	if handled, known := m.knows(n.ID); known && handled != body {
		return ErrOtherBody
	} else if known {
		return nil
	}
	if err := handle(ctx); err != nil {
		return err
	}
	m.remember(n.ID, body)
	return nil
}

func (m *memory) knows(id string) (body [sha256.Size]byte, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	body, known = m.known[id]
	return body, known
}

func (m *memory) remember(id string, body [sha256.Size]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[id] = body
	m.handled = append(m.handled, handledID{id, time.Now()})
	m.bytes += len(id)
	m.forget()
}

// forget drops what has expired and what is over a bound.
func (m *memory) forget() {
	for len(m.handled) > 0 {
		oldest := m.handled[0]
		if len(m.handled) <= memorySize && m.bytes <= memoryBytes && time.Since(oldest.at) < memoryExpiry {
			return
		}
		delete(m.known, oldest.id)
		m.handled = m.handled[1:]
		m.bytes -= len(oldest.id)
	}
}
