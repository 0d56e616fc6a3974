package main

import (
	"testing"
	"time"
)

// What nobody needs any more goes at a start, and then daily.
func TestPrunes(t *testing.T) {
	apple := newApple(t)
	s := newServed(t, apple)
	registered(t, apple)
	post(t, apple, withdrawn())
	eventually(t, func() error { return inboxIs(t, s.database, map[string]int{"applied": 1}) })
	s.stop()
	_, err := open(t, s.database).ExecContext(t.Context(), `
		UPDATE inbox SET received_at = received_at - 13 * 86400000;
		UPDATE handled_notifications SET handled_at = handled_at - 13 * 86400;
		INSERT INTO inbox (id, body, state, received_at) VALUES ('1', x'', 'applied', ?1), ('2', x'', 'unknown', ?2)`,
		time.Now().AddDate(0, 0, -11).UnixMilli(), time.Now().AddDate(0, 0, -13).UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t, secret)
	eventually(t, func() error { return inboxIs(t, s.database, map[string]int{"applied": 1, "unknown": 1}) })
	var handled int
	err = open(t, s.database).QueryRowContext(t.Context(), `SELECT count(*) FROM handled_notifications`).Scan(&handled)
	if err != nil || handled != 0 {
		t.Errorf("%d are remembered: %v", handled, err)
	}
}
