package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
)

// What nobody needs any more goes at a start, and then daily.
func TestPrunes(t *testing.T) {
	d := newDeployment(t, pgtest.Start(t))
	r := d.start(t)
	for _, delivery := range d.deliveries(t, territoryOff("1"), territoryOff("2")) {
		r.responds(t, delivery, http.StatusOK)
	}
	r.idle(t)
	r.terminate(t)
	d.execute(t, `UPDATE handled_notifications SET handled_at = handled_at - interval '13 days'
		WHERE id = (SELECT min(id) FROM handled_notifications)`)
	d.execute(t, `
		INSERT INTO inbox (id, body, state, received_at)
		SELECT state || age, '{}', state, now() - age * interval '1 day'
		FROM unnest(ARRAY['applied', 'unknown', 'rejected']) state, unnest(ARRAY[11, 13]) age`)
	unfinished := filepath.Join(d.packages, ".download-killed")
	if err := os.WriteFile(unfinished, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(unfinished, old, old); err != nil {
		t.Fatal(err)
	}
	d.start(t)
	eventually(t, func() error {
		if _, err := os.Stat(unfinished); err == nil {
			return fmt.Errorf("%s is still there", unfinished)
		}
		return nil
	})
	d.counts(t, map[string]int{"handled_notifications": 1, "inbox": 7, "inbox WHERE id = 'applied13'": 0, "inbox WHERE id = 'applied11'": 1})
}
