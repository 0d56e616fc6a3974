package wrapper_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestKeepUpLogsEachPass: a quiet one for those who look, one with an error as a warning, without the error's text.
func TestKeepUpLogsEachPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t)
		var log bytes.Buffer
		k.client = connectChecked(t, k.server,
			wrapper.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		passes := func() (lines []string) {
			for line := range strings.Lines(log.String()) {
				if strings.Contains(line, " msg=pass ") {
					lines = append(lines, line)
				}
			}
			return lines
		}
		k.refuse = func(string) error { return errors.New("canary") }
		k.start(t, buildParams(), wrapper.KeepUpOptions{})
		k.after(time.Second)
		id := k.server.State().Webhooks[0].ID
		if got := passes(); len(got) != 1 || !strings.Contains(got[0], "level=DEBUG msg=pass webhook="+id+" handed_over=0 ") {
			t.Errorf("logged %q", got)
		}
		k.miss()
		k.after(6 * time.Minute)
		got := passes()
		if last := got[len(got)-1]; !strings.Contains(last, "level=WARN msg=pass ") || !strings.Contains(last, " failed=1 ") ||
			strings.Contains(last, "canary") || strings.Contains(last, `error=""`) {
			t.Errorf("logged %q", got)
		}
	})
}
