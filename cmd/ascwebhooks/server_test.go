package main

import (
	"net"
	"strings"
	"testing"
)

// TestAddressInUse is a failure, not wrong usage, whichever flag it is.
func TestAddressInUse(t *testing.T) {
	t.Setenv(secretVariable, "canary")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, args := range []string{"listen --addr", "sandbox --addr", "sandbox --control-addr"} {
		code, stdout, stderr := inProcess(t, append(strings.Fields(args), taken.Addr().String())...)
		_, flag, _ := strings.Cut(args, " ")
		if code != exitFailed || stdout != "" || !strings.Contains(stderr, "ascwebhooks: "+flag+": ") || !strings.Contains(stderr, "in use") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}
