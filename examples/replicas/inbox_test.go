package main

import (
	"net/http"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
)

// A copy that arrives after its record was pruned is a duplicate by the inbox.
func TestLateCopy(t *testing.T) {
	d, r, delivery := newOnePackage(t, pgtest.Start(t), 0)
	d.recordEffects(t)
	r.responds(t, delivery, http.StatusOK)
	r.idle(t)
	d.execute(t, `DELETE FROM handled_notifications`)
	r.responds(t, delivery, http.StatusOK)
	r.idle(t)
	r.catalogueIs(t, onlyVersion)
	d.everythingOnce(t, 1)
}
