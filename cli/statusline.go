package cli

import (
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// statusLine is a terminal whose last line may be one that changes. Whatever else is written
// takes its place. It is for several goroutines at once.
type statusLine struct {
	terminal io.Writer
	width    func() int

	mu    sync.Mutex
	shown bool
}

// newStatusLine is nil where a stream is no terminal, or one that can't erase a line.
func newStatusLine(stream io.Writer) *statusLine {
	file, ok := stream.(*os.File)
	if !ok || !isTerminal(file) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &statusLine{terminal: file, width: func() int {
		width, _, err := term.GetSize(int(file.Fd()))
		if err != nil || width <= 0 {
			return 80 // as terminals were when they could not be asked
		}
		return width
	}}
}

// What a terminal does: go to the line's beginning and erase it; don't begin another line where
// one is too long, as characters that are two columns wide can make it; and do so again.
const (
	eraseLine = "\r\x1b[K"
	wrapOff   = "\x1b[?7l"
	wrapOn    = "\x1b[?7h"
)

// Write erases the line first.
func (l *statusLine) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	return l.terminal.Write(data)
}

// show puts a text in the place of the line.
func (l *statusLine) show(text func(width int) string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = io.WriteString(l.terminal, eraseLine+wrapOff+text(l.width())+wrapOn)
	l.shown = true
}

// clear takes the line away.
func (l *statusLine) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
}

func (l *statusLine) erase() {
	if l.shown {
		_, _ = io.WriteString(l.terminal, eraseLine)
		l.shown = false
	}
}
