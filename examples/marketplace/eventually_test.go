package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// eventually asks until there is no error: the worker comes after the response.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal(err)
		}
	}
}

// catalogueIs asks the service at addr for its catalogue.
func catalogueIs(t *testing.T, addr, want string) error {
	got, err := get(t, "http://"+addr+"/catalogue")
	if err == nil && got != want {
		err = fmt.Errorf("the catalogue is %sand should be %s", got, want)
	}
	return err
}

// inboxIs looks into the database how many rows of each state there are.
func inboxIs(t *testing.T, database string, want map[string]int) error {
	db, err := sql.Open("sqlite", "file:"+database+"?mode=ro")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	wanted, err := json.Marshal(want)
	if err != nil {
		return err
	}
	var got string
	err = db.QueryRowContext(t.Context(), `
		SELECT json_group_object(state, n) FROM (SELECT state, count(*) AS n FROM inbox GROUP BY state ORDER BY state)`).Scan(&got)
	if err == nil && got != string(wanted) {
		err = fmt.Errorf("the inbox has %s, want %s", got, wanted)
	}
	return err
}

// inboxHolds looks whether there are at least n notifications.
func inboxHolds(t *testing.T, database string, n int) error {
	db, err := sql.Open("sqlite", "file:"+database+"?mode=ro")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var got int
	err = db.QueryRowContext(t.Context(), `SELECT count(*) FROM inbox`).Scan(&got)
	if err == nil && got < n {
		err = fmt.Errorf("the inbox has %d notifications, want %d", got, n)
	}
	return err
}
