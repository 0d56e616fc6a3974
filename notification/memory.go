package notification

import (
	"context"
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
	known   map[string]struct{}
	handled []handledID // oldest first
	bytes   int
}

type handledID struct {
	id string
	at time.Time
}

func newMemory() *memory { return &memory{known: map[string]struct{}{}} }

func (m *memory) Once(ctx context.Context, n *Notification, handle func(context.Context) error) error {
	if m.knows(n.ID) {
		return nil
	}
	if err := handle(ctx); err != nil {
		return err
	}
	m.remember(n.ID)
	return nil
}

func (m *memory) knows(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	_, known := m.known[id]
	return known
}

func (m *memory) remember(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[id] = struct{}{}
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
