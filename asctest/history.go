package asctest

// The bounds of what is remembered of exchanges, and of deliveries.
const (
	maxRecorded      = 10_000
	maxRecordedBytes = 64 << 20 // of bodies and headers, roughly
)

// history has the latest items within both bounds, oldest first.
type history[T any] struct {
	items []T
	sizes []int
	bytes int
}

func (h *history[T]) add(item T, size int) {
	h.items = append(h.items, item)
	h.sizes = append(h.sizes, size)
	h.bytes += size
	for len(h.items) > maxRecorded || h.bytes > maxRecordedBytes && len(h.items) > 1 {
		h.bytes -= h.sizes[0]
		h.items[0] = *new(T) // for the garbage collector
		h.items, h.sizes = h.items[1:], h.sizes[1:]
	}
}
