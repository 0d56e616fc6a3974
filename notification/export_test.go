package notification

import (
	"maps"
	"slices"
)

// Types are the types that have an event.
func Types() []string { return slices.Sorted(maps.Keys(decoders)) }

// NewMemory is the default Deduplicator.
var NewMemory = newMemory

// Remembered counts the notifications that the default Deduplicator knows.
func Remembered(m *memory) int { return len(m.handled) }

// Flights counts the IDs that are being handled.
func Flights(h *Handler) int {
	h.gate.mu.Lock()
	defer h.gate.mu.Unlock()
	return len(h.gate.flights)
}
