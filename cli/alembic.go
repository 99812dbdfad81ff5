package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// noAlembicError says that alembic can't be asked for SQL.
type noAlembicError struct{ why string }

func (e *noAlembicError) Error() string { return "find alembic: " + e.why }

// noAlembicINIError says that a directory is none of Alembic's.
type noAlembicINIError struct{ dir string }

func (e *noAlembicINIError) Error() string {
	return fmt.Sprintf("find alembic: no alembic.ini in %s, nor in a directory above it", e.dir)
}

// offlineAlembic runs alembic with the alembic.ini of a directory, or of the nearest one
// above it. It needs no database, but Python, and what env.py imports.
func offlineAlembic(ctx context.Context, dir string) (func(args ...string) (string, error), error) {
	home, err := aboveWith(dir, "alembic.ini")
	if err != nil {
		return nil, err
	}
	if home == "" {
		return nil, &noAlembicINIError{dir: dir}
	}
	program, err := exec.LookPath("alembic")
	if err != nil {
		return nil, &noAlembicError{why: "there is no such program in PATH"}
	}
	return func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Dir = home
		var out, complaints bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &complaints
		err := cmd.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			// What it calls FAILED stands among the SQL.
			err = errors.New(cmp.Or(lastLine(complaints.String()), lastLine(out.String())))
		}
		return out.String(), err
	}, nil
}

// aboveWith is the directory, or the nearest one above it, that has a file of that name;
// empty if none has.
func aboveWith(dir, name string) (string, error) {
	dir, err := filepath.Abs(dir)
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, name)); missing == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", nil
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// lastLine is where Python says what went wrong.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
