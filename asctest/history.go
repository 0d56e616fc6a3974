package asctest

// history has the latest items, oldest first.
type history[T any] struct {
	items   []T
	dropped int // how many came before the items
	bytes   int
}

// next is the position of the item that comes next.
func (h *history[T]) next() int { return h.dropped + len(h.items) }

func (h *history[T]) add(item T, size int) {
	h.items = append(h.items, item)
	h.bytes += size
}

// trim forgets the oldest items beyond the bounds; forgotten returns the size of one.
func (h *history[T]) trim(most int, forgotten func(*T) int) {
	for len(h.items) > most || h.bytes > maxRecordedBytes && len(h.items) > 1 {
		h.bytes -= forgotten(&h.items[0])
		h.items[0] = *new(T) // for the garbage collector
		h.items = h.items[1:]
		h.dropped++
	}
}

func (h *history[T]) forget() {
	h.dropped += len(h.items)
	h.items, h.bytes = nil, 0
}
