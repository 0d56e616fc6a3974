package main

import (
	"fmt"
	"io"
	"time"
)

// progress is one line on a terminal that says how far a download has come. Elsewhere there is none.
type progress struct {
	terminal io.Writer // nil if there is none
	file, of int
	bytes    int64
	shown    time.Time
}

func newProgress(stream io.Writer) *progress {
	if !isTerminal(stream) {
		return &progress{}
	}
	return &progress{terminal: stream}
}

func (p *progress) start(files int) { p.file, p.of = 0, files }

func (p *progress) next() {
	p.file++
	p.show(time.Now())
}

// Write counts what was downloaded.
func (p *progress) Write(b []byte) (int, error) {
	p.bytes += int64(len(b))
	if now := time.Now(); now.Sub(p.shown) > 100*time.Millisecond {
		p.show(now)
	}
	return len(b), nil
}

func (p *progress) show(now time.Time) {
	if p.terminal == nil {
		return
	}
	p.shown = now
	_, _ = fmt.Fprintf(p.terminal, "\r\x1b[Kfile %d of %d, %.1f MB downloaded", p.file, p.of, float64(p.bytes)/1e6)
}

// clear removes the progress line, so that another line can be printed.
func (p *progress) clear() {
	if p.terminal != nil {
		_, _ = fmt.Fprint(p.terminal, "\r\x1b[K")
	}
}
