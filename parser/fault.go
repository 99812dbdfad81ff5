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
	// Source is the line of the file at fault; empty where the message says it all.
	Source string
}

func (f *Fault) Error() string {
	switch {
	case f.Line == 0:
		return fmt.Sprintf("%s: %s", f.File, f.Message)
	case f.Column == 0:
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
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

// orNil is the faults as an error, nil where there are none.
func (fs Faults) orNil() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}
