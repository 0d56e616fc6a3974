package notification_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/ascmarketplace/webhooks/notification"
)

// inbox stands for a table with a unique ID: its lock is the transaction.
type inbox struct {
	mu   sync.Mutex
	rows map[string][]byte
}

func (i *inbox) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, found := i.rows[n.ID]; found {
		return nil
	}
	if err := handle(ctx); err != nil {
		return err
	}
	if i.rows == nil {
		i.rows = map[string][]byte{}
	}
	i.rows[n.ID] = n.Raw
	return nil
}

// A Deduplicator on your own store.
func ExampleDeduplicator() {
	var d notification.Deduplicator = &inbox{}
	n := &notification.Notification{ID: "71f3b9aa"}
	for range 2 {
		err := d.Once(context.Background(), n, func(context.Context) error {
			fmt.Println("handled")
			return nil
		})
		fmt.Println(err)
	}
	// Output:
	// handled
	// <nil>
	// <nil>
}
