//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// child is a process that a command starts and waits for. It holds a FIFO open, and has no other tie to anybody.
type child struct {
	t       *testing.T
	command string
	started chan struct{}
	ended   chan string // what it wrote
}

func newChild(t *testing.T, script string) *child {
	t.Helper()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &child{t, "(" + script + ") >" + fifo + " 2>&1 & wait", make(chan struct{}), make(chan string, 1)}
	go func() {
		file, err := os.Open(fifo) // waits for the child
		if err != nil {
			return
		}
		defer func() { _ = file.Close() }()
		reader := bufio.NewReader(file)
		if line, _ := reader.ReadString('\n'); line == "started\n" {
			close(c.started)
		}
		rest, _ := io.ReadAll(reader)
		c.ended <- string(rest)
	}()
	return c
}

// endsSoon waits for the child's end.
func (c *child) endsSoon(wrote string) {
	c.t.Helper()
	select {
	case rest := <-c.ended:
		if rest != wrote {
			c.t.Errorf("the child wrote %q, want %q", rest, wrote)
		}
	case <-time.After(5 * time.Second):
		c.t.Error("the child lives on")
	}
}

const stubborn = `trap "" TERM; echo started; exec sleep 60`

// TestListenExecInterrupted: an interrupt ends a command with all that it started. What ends later than the command has
// two seconds, and is killed then.
func TestListenExecInterrupted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ script, wrote string }{
		"obedient": {"echo started; exec sleep 60", ""},
		"tidy":     {`trap "sleep .2; echo tidied; exit" TERM; echo started; sleep 60 & wait`, "tidied\n"},
		"stubborn": {stubborn, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			c := newChild(t, test.script)
			l := listenHere(ctx, t, handOver{exec: c.command})
			responded := make(chan struct{})
			go func() { defer close(responded); l.send(500, "AppUnavailable", "a") }()
			<-c.started
			interrupt()
			c.endsSoon(test.wrote)
			<-responded
		})
	}
}

// TestListenExecTimeout: --timeout ends them, too, and a notification that waits for them no longer does.
func TestListenExecTimeout(t *testing.T) {
	t.Parallel()
	c := newChild(t, stubborn)
	l := listenHere(t.Context(), t, handOver{exec: c.command, timeout: time.Second})
	responded := make(chan struct{})
	go func() { defer close(responded); l.send(503, "AppUnavailable", "a") }()
	<-c.started
	l.send(503, "AppUnavailable", "b")
	<-responded
	c.endsSoon("") // a second after the second one was given up
	if told := l.stderr.String(); !strings.Contains(told, "AppUnavailable b: the command before it took too long") {
		t.Errorf("told %q", told)
	}
}

// TestListenExecLeavesBehind: what a command leaves to itself is not waited for, though it holds the command's output open.
func TestListenExecLeavesBehind(t *testing.T) {
	t.Parallel()
	start := time.Now()
	listenHere(t.Context(), t, handOver{exec: "sleep 10 & exit 1"}).send(500, "AppUnavailable", "a")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("responded after %v", took)
	}
}

// TestListenExecTerminated is the same with processes: within seconds of SIGTERM listen has ended, with its command and
// what that started, and nothing is left behind.
func TestListenExecTerminated(t *testing.T) {
	t.Parallel()
	folder, c := t.TempDir(), newChild(t, stubborn)
	listen := program(t, []string{secretVariable + "=canary", "TMPDIR=" + folder},
		"listen", "--addr", "127.0.0.1:0", "--timeout", "1h", "--exec", c.command)
	p := started(t, listen)
	url := address(p)
	responded := make(chan int, 1)
	go func() {
		body := []byte(`{"data":{"type":"AppUnavailable","id":"1"}}`)
		status, _ := post(context.Background(), url, body, notification.Sign([]byte("canary"), body))
		responded <- status
	}()
	<-c.started
	start := time.Now()
	code, stdout := p.end(syscall.SIGTERM)
	if took := time.Since(start); code != exitOK || stdout != "" || took > 5*time.Second {
		t.Errorf("exit code %d after %v, stdout %q, stderr %q", code, took, stdout, p.stderr.String())
	}
	c.endsSoon("")
	if status := <-responded; status != 500 {
		t.Errorf("responded %d", status)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
