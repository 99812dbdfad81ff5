package parser

import (
	"fmt"
	"strings"
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

// Faults are several faults. Each is a [*Fault].
type Faults []*Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the faults one by one.
func (fs Faults) Unwrap() []error {
	errs := make([]error, len(fs))
	for i, f := range fs {
		errs[i] = f
	}
	return errs
}

// add appends a fault, or counts it where the same one is there already: a dump may
// have hundreds.
func (fs Faults) add(f *Fault) Faults {
	for _, first := range fs {
		if first.File == f.File && first.Message == f.Message {
			first.More++
			return fs
		}
	}
	return append(fs, f)
}

// orNil is the faults as an error, nil where there are none.
func (fs Faults) orNil() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}
