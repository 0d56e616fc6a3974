package sandbox

// The state as a file: what a sandbox starts with and what survives it.

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/ascmarketplace/webhooks/asctest"
)

// ReadState reads and checks what GET /state gives, with a secret for each webhook. It is an asctest.Option.
func ReadState(data []byte) (asctest.State, error) {
	var read *state
	var s asctest.State
	err := decodeJSON(bytes.NewReader(data), &read)
	switch {
	case err != nil:
		return s, err
	case read == nil:
		return s, badField("", "must be an object, as GET /state gives it")
	}
	if err = read.replace(&s); err == nil {
		_, err = asctest.New(s)
	}
	if err != nil {
		err = asRefusal(http.StatusBadRequest, err)
	}
	return s, err
}

// State is what ReadState reads, as it is now. It holds the secrets.
func (s *Sandbox) State() []byte {
	data, _ := json.MarshalIndent(stateOf(s.Fake.State()), "", "  ")
	return append(data, '\n')
}

// SetState sets what ReadState has read; the keys stay, and what a reset returns to.
func (s *Sandbox) SetState(read asctest.State) error {
	return s.Fake.Update(func(there *asctest.State) {
		read.Keys, read.Settings.Logger = there.Keys, there.Settings.Logger
		read.Settings.DeliveryTransport = there.Settings.DeliveryTransport
		*there = read
	})
}
