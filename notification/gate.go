package notification

import (
	"bytes"
	"context"
	"sync"
)

// A gate lets one call for each ID through at a time. The others wait here, in
// memory, so that copies of a slow notification do not occupy the connections
// of a shared store.
type gate struct {
	mu      sync.Mutex
	flights map[string]*flight
}

type flight struct {
	body    []byte
	done    chan struct{} // closed when the call has returned
	handled bool          // whether it returned nil; set before done is closed
}

// once calls f and returns its error. While another call for n's ID is under way
// it waits; handled then tells that the other one succeeded, and f was not called:
// the error is ErrOtherBody if that one had another body. If the other one failed,
// one of those that wait takes its turn. The end of ctx ends the waiting only.
func (g *gate) once(ctx context.Context, n *Notification, f func() error) (handled bool, err error) {
	for ctx.Err() == nil {
		other, entered := g.enter(n)
		if entered {
			return false, g.run(n.ID, other, f)
		}
		select {
		case <-other.done:
			switch {
			case other.handled && !bytes.Equal(other.body, n.Raw):
				return true, ErrOtherBody
			case other.handled:
				return true, nil
			}
		case <-ctx.Done():
		}
	}
	return false, context.Cause(ctx)
}

// enter returns the flight of n's ID, and whether it is the caller's own.
func (g *gate) enter(n *Notification) (f *flight, own bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f, taken := g.flights[n.ID]; taken {
		return f, false
	}
	if g.flights == nil {
		g.flights = map[string]*flight{}
	}
	f = &flight{body: n.Raw, done: make(chan struct{})}
	g.flights[n.ID] = f
	return f, true
}

// run leaves the gate even if f panics or ends the goroutine.
func (g *gate) run(id string, own *flight, f func() error) error {
	defer func() {
		g.mu.Lock()
		delete(g.flights, id)
		g.mu.Unlock()
		close(own.done)
	}()
	err := f()
	own.handled = err == nil
	return err
}
