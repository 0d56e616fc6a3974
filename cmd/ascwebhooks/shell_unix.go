//go:build unix

package main

import (
	"context"
	"os/exec"
	"syscall"
	"time"
)

// shellCommand is a command with all that it starts: the end of ctx ends them together.
func shellCommand(ctx context.Context, text string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", text)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return endGroup(cmd.Process.Pid) }
	return cmd
}

// endGroup asks a process group to end, and kills what is left of it after two seconds: the shell may end before what it
// started does.
func endGroup(group int) error {
	err := syscall.Kill(-group, syscall.SIGTERM)
	for start := time.Now(); err == nil && time.Since(start) < 2*time.Second; err = syscall.Kill(-group, 0) {
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil { // nobody is left
		return nil
	}
	return syscall.Kill(-group, syscall.SIGKILL)
}
