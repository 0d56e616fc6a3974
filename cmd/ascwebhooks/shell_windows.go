package main

import (
	"context"
	"os/exec"
)

func shellCommand(ctx context.Context, text string) *exec.Cmd {
	return exec.CommandContext(ctx, "cmd", "/c", text)
}
