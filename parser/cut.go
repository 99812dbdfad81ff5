package parser

import (
	"cmp"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

// pieceSize is about how many bytes of a script are in memory and sent at once. More
// makes nothing faster, and costs the server eleven times as much memory.
const pieceSize = 1 << 20

// largestStatement leaves room in a message, which can have 1 GB.
const largestStatement = 1000 << 20

// stretch is a piece of a script as the scanner sees it.
type stretch struct {
	kind       revision.PieceKind
	text       string
	at         revision.Place
	offset     int         // in the script
	statements []Statement // until the next stretch comes
}

// cutter cuts a script at the ends of statements while it reads it.
type cutter struct {
	*window
	script string
	size   int         // of a piece
	look   *inspection // looks at every token; may be nil
	// statements are those of a stretch. There are thousands in each of a large file, so the next
	// ones take the same place.
	statements []Statement
}

// stretches iterates over a script in order. An error is the last thing it gives, and a
// [*Fault] where the script is wrong.
func (c *cutter) stretches() iter.Seq2[stretch, error] {
	return func(yield func(stretch, error) bool) {
		err := c.cut(func(s stretch) bool { return yield(s, nil) })
		if err != nil && !errors.Is(err, errStopped) {
			yield(stretch{}, err)
		}
	}
}

// errStopped says that nobody wants more stretches.
var errStopped = errors.New("stopped")

func (c *cutter) cut(yield func(stretch) bool) error {
	for want := c.size; ; {
		if 2*len(c.text) < want || want > c.size {
			if err := c.fill(want); err != nil {
				return c.failure(c.script, err)
			}
		}
		if c.text == "" {
			return nil
		}
		used, fault := c.complete()
		var err error
		switch {
		case used > 0:
			want = c.size
			err = c.give(c.statements, used, yield)
		case fault != nil:
		case len(c.text) > largestStatement:
			err = c.fault(c.script, 0, "a statement of more than 1000 MB; the server takes messages of up to 1 GB")
		default: // a longer statement
			want = max(2*len(c.text), 2*c.size)
		}
		if err = cmp.Or(err, fault); err != nil {
			return err
		}
	}
}

// complete finds the statements that end in the window, as many as are sent at once, or up to
// the first COPY with rows, and the number of bytes that they take. A fault is behind these.
func (c *cutter) complete() (used int, fault error) {
	c.statements = c.statements[:0]
	s := scanner{text: c.text, lex: Lexer{text: c.text}, apart: true, look: c.look}
	for {
		st, err := s.next()
		var syntax *SyntaxError
		switch {
		case errors.Is(err, io.EOF):
			return len(c.text), nil
		case errors.As(err, &syntax) && (c.end || !syntax.Incomplete):
			return used, c.fault(c.script, syntax.Offset, syntax.What)
		case err != nil, !c.end && !st.Complete() && st.Next == len(c.text):
			return used, nil
		}
		c.look.statementEnds()
		c.statements = append(c.statements, st)
		used = st.Next + blankRest(c.text[st.Next:])
		switch {
		case st.Copy == CopyFromStdin:
			return st.Next, nil
		case used >= c.size:
			return used, nil
		}
	}
}

// blankRest is the length of the rest of a line, its end included, where only white
// space and a comment are left; else 0.
func blankRest(text string) int {
	rest := strings.TrimLeft(text, " \t")
	if strings.HasPrefix(rest, "--") {
		rest = rest[endOfLine(rest, 0):]
	}
	rest = strings.TrimPrefix(rest, "\r")
	if strings.HasPrefix(rest, "\n") {
		return len(text) - len(rest) + 1
	}
	return 0
}

// give passes on the window's first bytes with the statements in them.
func (c *cutter) give(statements []Statement, used int, yield func(stretch) bool) error {
	n := len(statements) - 1
	if n < 0 || statements[n].Copy != CopyFromStdin {
		return c.giveText(revision.Commands, statements, used, yield)
	}
	begin := 0
	if n > 0 {
		begin = statements[n-1].Next + blankRest(c.text[statements[n-1].Next:])
		if err := c.giveText(revision.Commands, statements[:n], begin, yield); err != nil {
			return err
		}
	}
	copies := statements[n].moved(-begin)
	unended := c.fault(c.script, copies.Start, missingTerminator)
	if err := c.giveText(revision.Copy, []Statement{copies}, used-begin, yield); err != nil {
		return err
	}
	return c.giveRows(unended, yield)
}

// giveText passes on the first n bytes of the window.
func (c *cutter) giveText(kind revision.PieceKind, statements []Statement, n int, yield func(stretch) bool) error {
	s := stretch{kind: kind, text: c.text[:n], at: c.at, offset: c.offset, statements: statements}
	c.drop(n)
	if n > 0 && !yield(s) {
		return errStopped
	}
	return nil
}

// giveRows passes on the rows of a COPY and the line \. at their end; unended is the
// fault where there is none.
func (c *cutter) giveRows(unended *Fault, yield func(stretch) bool) error {
	for {
		end, next := endOfCopy(c.text, 0)
		if end < 0 && c.end {
			return unended
		}
		n := end
		if end < 0 {
			n = len(c.text)
		}
		if err := c.giveText(revision.Rows, nil, n, yield); err != nil {
			return err
		}
		if end >= 0 {
			return c.giveText(revision.EndOfRows, nil, next-end, yield)
		}
		if err := c.fill(c.size); err != nil {
			return c.failure(c.script, err)
		}
	}
}
