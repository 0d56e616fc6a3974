//go:build unix

// Package otheruser lets tests that run as root start servers that refuse to.
package otheruser

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
	"testing"
)

// Credential is what to start a server with: for root that of the first of the
// users that exists, whose the folders become, and for others none.
func Credential(tb testing.TB, users []string, dirs ...string) *syscall.Credential {
	tb.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	var other *user.User
	var err error
	for _, name := range users {
		if other, err = user.Lookup(name); err == nil {
			break
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
	uid, _ := strconv.ParseUint(other.Uid, 10, 32)
	gid, _ := strconv.ParseUint(other.Gid, 10, 32)
	for _, dir := range dirs {
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			tb.Fatal(err)
		}
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
