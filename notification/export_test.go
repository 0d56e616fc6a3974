package notification

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
