package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/scratch"
)

// place is where a tool works: the folder of its files and the database.
type place struct{ program, dir, url string }

// tool is a migration tool, or a bound. Functions that are nil are what it can't do.
type tool struct {
	name    string
	version string
	install func(context.Context, *bench) (string, error) // gives the program
	// layout writes a workload as the tool wants it.
	layout func(dir string, w workload) error
	// apply applies all of it, the same command when there is nothing to do.
	apply func(place) command
	// nothing is what a bound does that keeps no account by itself, instead of apply.
	nothing func(place) command
	// pretend makes a database that has the first migration look as if it had n.
	pretend func(n int) string
	// stamp does so by a command of the tool's.
	stamp func(p place, n int) command
	// script prints the SQL of a range of revisions without a database.
	script func(p place, revisions string) command
	heads  func(place) command
	usage  func(place) command
	copies bool // runs files with rows for COPY

	program string
}

// tools are all of them, in the order in which they run. Those that are compared most closely
// run next to each other.
func tools() []*tool {
	return []*tool{
		floor(), psql(), lockstep(), goose(), tern(), golangMigrate(), sqlMigrate(), alembic(), sqitch(),
	}
}

// prepare finds or builds the programs of the tools that were asked for, all if none was named.
func prepare(ctx context.Context, b *bench, wanted []string) []*tool {
	var found []*tool
	for _, t := range tools() {
		if len(wanted) > 0 && !slices.Contains(wanted, t.name) {
			continue
		}
		program, err := t.install(ctx, b)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", t.name, err)
			continue
		}
		t.program = program
		found = append(found, t)
	}
	return found
}

// fromModule builds a program from the Go module proxy, as lockstep is built, once.
func fromModule(path, version, name, tags string) func(context.Context, *bench) (string, error) {
	return func(ctx context.Context, b *bench) (string, error) {
		dir := filepath.Join(b.options.work, fmt.Sprintf("%s-%s", name, version))
		program := filepath.Join(dir, name)
		if _, err := os.Stat(program); err == nil {
			return program, nil
		}
		args := append(buildFlags("install"), "-tags", tags, path+"@"+version)
		return program, build(ctx, os.TempDir(), args, "GOBIN="+dir)
	}
}

// fromHere builds a package of a folder of this repository, each time: the cache knows what has
// changed.
func fromHere(dir, pkg, name string) func(context.Context, *bench) (string, error) {
	return func(ctx context.Context, b *bench) (string, error) {
		program := filepath.Join(b.dir, name)
		return program, build(ctx, filepath.Join(b.options.repository, dir), append(buildFlags("build"), "-o", program, pkg))
	}
}

func buildFlags(verb string) []string {
	return []string{verb, "-trimpath", "-ldflags=-s -w"}
}

func build(ctx context.Context, dir string, args []string, env ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, tail(out))
	}
	return nil
}

// fromPath takes a program that is installed.
func fromPath(name string) func(context.Context, *bench) (string, error) {
	return func(context.Context, *bench) (string, error) { return exec.LookPath(name) }
}

// fromServer takes a program from where the server's are, past links to them: what is in PATH may be
// a wrapper that takes longer than the program.
func fromServer(name string) func(context.Context, *bench) (string, error) {
	return func(ctx context.Context, _ *bench) (string, error) {
		initdb, err := scratch.Program(ctx, "initdb")
		if err != nil {
			return "", err
		}
		if initdb, err = filepath.EvalSymlinks(initdb); err != nil {
			return "", err
		}
		program := filepath.Join(filepath.Dir(initdb), name)
		_, err = os.Stat(program)
		return program, err
	}
}

// usage is the command that prints a program's help.
func usage(args ...string) func(place) command {
	return func(p place) command {
		return command{args: append([]string{p.program}, args...), any: true}
	}
}

// revisionOf is a name for a migration in the tools that have no numbers.
func revisionOf(n int) string { return fmt.Sprintf("%012x", n) }
