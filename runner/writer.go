package runner

import (
	"path"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

// writer puts the messages of a step together and passes them on. After an error it does
// nothing more.
type writer struct {
	yield func(message, error) bool
	err   error
	texts []string // of the message that is not sent yet
	size  int      // of texts, in bytes
	m     message
	next  int // number of the next statement of the script
}

func newWriter(yield func(message, error) bool) *writer {
	return &writer{yield: yield, m: message{at: -1}}
}

func (w *writer) comment(text string) {
	w.write("-- " + lineEnds.Replace(text) + "\n")
}

// lineEnds are what ends a comment.
var lineEnds = strings.NewReplacer("\n", " ", "\r", " ")

// write appends to the message. A text that stays alone in it, such as rows, is not copied.
func (w *writer) write(text string) {
	w.texts = append(w.texts, text)
	w.size += len(text)
}

// put appends a statement of lockstep's own.
func (w *writer) put(statement string) {
	w.write(statement)
	if !w.has() {
		w.m.prelude++
	}
}

// has reports whether a piece of the script is in the message.
func (w *writer) has() bool { return w.m.at >= 0 }

// send passes the message on, if there is one, and begins another.
func (w *writer) send() {
	if w.err != nil || w.size == 0 {
		return
	}
	m := w.m
	m.text = strings.Join(w.texts, "")
	w.texts, w.size, w.m = nil, 0, message{at: -1}
	if !w.yield(m, nil) {
		w.err = errStopped
	}
}

// sendLast passes on the message that ends the step.
func (w *writer) sendLast() {
	w.m.last = true
	w.send()
}

// fileName is the name of a script's file, the same wherever the file lies.
func fileName(script revision.Script) string { return path.Base(script.Name) }

// banner is a line that the beginning or the end of a file can't be missed at.
func (w *writer) banner(text string) { w.write("-------- " + lineEnds.Replace(text) + " --------\n") }

// script writes a whole script. Its last piece stays in the message that is not sent yet.
func (w *writer) script(s revision.Script) {
	w.banner(fileName(s))
	var last revision.Piece
	for p, err := range s.Pieces() {
		if w.err == nil {
			w.err = err
		}
		if w.err != nil {
			return
		}
		w.piece(p)
		last = p
	}
	if w.has() {
		w.end(last)
	}
	w.banner("end of " + fileName(s))
}

// piece writes a piece of a script. What goes to the server by itself is sent at once: a
// COPY, and its rows.
func (w *writer) piece(p revision.Piece) {
	if w.has() || p.Kind == revision.Copy {
		w.send()
	}
	w.m.piece, w.m.at = p, w.size
	w.m.statements, w.m.first = p.Statements, w.next
	w.next += len(p.Statements)
	w.write(p.Text)
	if p.Kind != revision.Commands {
		w.end(p)
		w.send()
	}
}

// end ends the last line of a piece, and its last statement.
func (w *writer) end(p revision.Piece) {
	if !strings.HasSuffix(p.Text, "\n") {
		w.write("\n")
	}
	if p.Unended {
		w.write(";\n")
	}
}

// part writes statement n of a script alone, as it stands there.
func (w *writer) part(p revision.Part, n int) {
	if len(p.Rows) > 0 {
		w.send()
	}
	w.m.piece, w.m.at, w.m.from = p.Piece, w.size, p.Start
	w.m.statements, w.m.first = []revision.Statement{p.Statement}, n
	w.write(p.Text() + ";\n")
	for _, rows := range p.Rows {
		w.send()
		w.piece(rows)
	}
	if len(p.Rows) > 0 {
		w.m.ends, w.m.first = &p.Statement, n
	}
}
