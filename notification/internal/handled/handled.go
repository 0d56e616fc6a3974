// Package handled holds the rules that sqlstore and pgxstore share.
package handled

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	MaxServiceSize = 64   // bytes, as in the schemas
	MaxIDSize      = 512  // bytes: the longest that a notification may have
	PruneBatch     = 1000 // rows that Prune deletes in one transaction
)

// keep is longer than App Store Connect lists deliveries, which is ten days.
const keep = 11 * 24 * time.Hour

// CheckService refuses a name that not every database stores as it is.
func CheckService(name string) error {
	switch {
	case name == "":
		return errors.New("the service's name is empty: IDs need a scope, the same for all replicas")
	case len(name) > MaxServiceSize:
		return fmt.Errorf("the service's name is longer than %d bytes", MaxServiceSize)
	}
	return checkText("the service's name", name)
}

// CheckID refuses what no notification that was decoded has as its ID.
func CheckID(id string) error {
	switch {
	case id == "":
		return errors.New("the notification has no ID")
	case len(id) > MaxIDSize:
		return fmt.Errorf("the notification's ID is longer than %d bytes", MaxIDSize)
	}
	return checkText("the notification's ID", id)
}

func checkText(what, text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fmt.Errorf("%s has a NUL character or is not UTF-8", what)
	}
	return nil
}

// CheckPrune refuses to forget what may be handed over again.
func CheckPrune(before time.Time) error {
	if time.Since(before) < keep {
		return errors.New("Prune would forget notifications that App Store Connect still lists, " +
			"so that they would be handled again: give a time at least eleven days ago")
	}
	return nil
}
