package handled

import (
	"testing"
	"testing/synctest"
	"time"
)

// A time is refused until eleven days are over.
func TestCheckPrune(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := time.Now()
		time.Sleep(11*24*time.Hour - 1)
		if CheckPrune(before) == nil {
			t.Error("too early a time was taken")
		}
		time.Sleep(1)
		if err := CheckPrune(before); err != nil {
			t.Error(err)
		}
	})
}
