package cli

import (
	"errors"
	"fmt"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
)

// Code is the exit code. Scripts may rely on it.
type Code int

// The exit codes.
const (
	CodeDone        Code = 0 // done
	CodeError       Code = 1 // an error that has no code of its own
	CodeUsage       Code = 2 // the command line or a setting is not understood
	CodePending     Code = 3 // revisions are pending (status --exit-code)
	CodeChanged     Code = 4 // an applied file was changed
	CodeLocked      Code = 5 // the lock was not obtained in time
	CodeHistory     Code = 6 // the history is at fault: several heads, a cycle, a missing parent
	CodeInterrupted Code = 7 // a signal stopped the run
	CodeAhead       Code = 8 // the database has revisions that no file has
	CodeUnreachable Code = 9 // no connection to the database
)

// silent is an exit code without a message: the report has said it all.
type silent Code

func (s silent) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// code is the exit code of an error.
func code(err error) Code {
	switch {
	case is[*settingError](err):
		return CodeUsage
	case is[*revision.ChangedError](err), is[*revision.EditedError](err):
		return CodeChanged
	case is[*lock.TimeoutError](err):
		return CodeLocked
	case is[revision.Faults](err):
		return CodeHistory
	case is[*revision.AheadError](err):
		return CodeAhead
	case is[*connectError](err):
		return CodeUnreachable
	}
	var target *revision.TargetError
	if errors.As(err, &target) && target.Fault == revision.MultipleHeads {
		return CodeHistory
	}
	return CodeError
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
