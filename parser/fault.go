package parser

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

// Fault is something wrong with a migration file.
type Fault struct {
	File string
	// Line and Column are from 1, the column in characters; 0 where the fault has no
	// such place.
	Line, Column int
	// Message says what is wrong, and what would be right where that is not plain.
	Message string
	// More counts further places in the file with the same fault.
	More int
	// Source is the line of the file at fault; empty where the message says it all.
	Source string

	unread bool // nothing is known of the text
}

// Is reports whether the fault is a [revision.ErrUnreadable].
func (f *Fault) Is(target error) bool { return f.unread && target == revision.ErrUnreadable }

// unreadable is the fault of a file that could not be read.
func unreadable(file string, err error) *Fault {
	return &Fault{File: file, Message: reason(err), unread: true}
}

// reason is an error without the path that the fault names already.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func (f *Fault) Error() string {
	message := f.Message
	if f.More > 0 {
		message += fmt.Sprintf(" (and %d more like it)", f.More)
	}
	switch {
	case f.Line == 0:
		return fmt.Sprintf("%s: %s", f.File, message)
	case f.Column == 0:
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, message)
}

// newFault is a fault at an offset of a text that begins at a place of the file. It keeps nothing of
// the text, which may be passing.
func newFault(file, text string, at revision.Place, offset int, message string) *Fault {
	place, source := revision.Piece{Text: text, Place: at}.At(offset)
	return &Fault{File: file, Line: place.Line, Column: place.Column, Message: message, Source: strings.Clone(source)}
}

// Faults are all faults of some files.
type Faults = revision.List[*Fault]

// addFault appends a fault, or counts it where the same one is there already: a dump
// may have hundreds.
func addFault(faults Faults, f *Fault) Faults {
	if again(faults, f.File, f.Message) {
		return faults
	}
	return append(faults, f)
}

// again reports whether a fault is there already, and counts it if it is.
func again(faults Faults, file, message string) bool {
	i := slices.IndexFunc(faults, func(f *Fault) bool { return f.File == file && f.Message == message })
	if i < 0 {
		return false
	}
	faults[i].More++
	return true
}

// orNil is faults as an error, nil where there are none.
func orNil(faults Faults) error {
	if len(faults) == 0 {
		return nil
	}
	return faults
}
