package main

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The disk is full for a while: a limit on the size of files stands for it.
func TestDiskFull(t *testing.T) {
	needsSpeed(t)
	t.Parallel()
	apple := newApple(t)
	addr, database := freeAddr(t), databasePath(t)
	process := start(t, apple, addr, database, t.TempDir())
	before := postAbout(t, apple, 0, 50)
	process.limitFiles(t, 128<<10) // less than the log has by now
	during := postAbout(t, apple, 100, 200)
	process.limitFiles(t, ^uint64(0))
	t.Logf("%d of 200 were acknowledged while the disk was full", during)
	if before != 50 || during == 200 || !strings.Contains(process.log.String(), "not stored") {
		t.Errorf("acknowledged %d before, %d with a full disk", before, during)
	}
	if after := postAbout(t, apple, 1000, 50); after != 50 {
		t.Errorf("acknowledged %d of 50 afterwards", after)
	}
	eventually(t, func() error { return inboxIs(t, database, map[string]int{"applied": 100 + during}) })
	// What was refused comes with the next pass of catching up: within five minutes, or at a start.
	process.signal(t, unix.SIGTERM)
	_ = process.cmd.Wait()
	start(t, apple, addr, database, t.TempDir())
	eventually(t, func() error { return inboxIs(t, database, map[string]int{"applied": 300}) })
}

// limitFiles sets how large a file may be that the process writes.
func (p *process) limitFiles(t *testing.T, size uint64) {
	t.Helper()
	limit := unix.Rlimit{Cur: size, Max: ^uint64(0)}
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
}
