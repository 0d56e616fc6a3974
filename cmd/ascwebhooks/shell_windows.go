package main

import (
	"context"
	"os/exec"
	"strconv"
	"syscall"
)

// shellCommand is a command with all that it starts: the end of ctx ends them together.
func shellCommand(ctx context.Context, text string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	// With /s, cmd takes what is between the outer quotes as it is. os/exec would escape the quotes in it.
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /s /c "` + text + `"`}
	cmd.Cancel = func() error {
		return exec.Command("taskkill", "/t", "/f", "/pid", strconv.Itoa(cmd.Process.Pid)).Run()
	}
	return cmd
}
