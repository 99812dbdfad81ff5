package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Some rows count instead of measuring: how much a script adds to the files in it, and how large
// the code is that runs a step. They have one round, and lockstep alone.

// script is what a script of `upgrade --sql` consists of. It begins with a heading. Then each step
// begins with \echo, and has its file between two banners. In the first step of a script from
// base stands the set-up block:
//
//	\set ON_ERROR_STOP on
//	\echo 1/14 3f9a1c52d7e4 create members
//	-- 1 of 14: upgrade base -> 3f9a1c52d7e4  create members
//	BEGIN ISOLATION LEVEL READ COMMITTED;
//	-- Set-up: ...
//	...
//	-- End of set-up.
//	CALL lockstep.begin_upgrade(...);
//	-------- 20260105_0900_3f9a1c52d7e4_create_members.up.sql --------
//	...
//	-------- end of 20260105_0900_3f9a1c52d7e4_create_members.up.sql --------
//	CALL lockstep.end_upgrade(...);
//	COMMIT;
type script struct {
	bytes, lines           int // all of it
	heading                int // lines before the first step
	setupBytes, setupLines int // including the first and the last line of the block
	files, fileLines       int
}

// banner stands before and after each file.
var banner = regexp.MustCompile(`^-------- (end of )?(\S+\.up\.sql) --------$`)

const (
	setupBegins = "-- Set-up: "
	setupEnds   = "-- End of set-up."
)

// countScript counts the parts of a script.
func countScript(text string) (script, error) {
	s := script{bytes: len(text)}
	var (
		file    string // whose lines these are
		setup   bool   // these are lines of the set-up block
		started bool   // the first step has begun
		echo    = -1   // the line of the last \echo before it
	)
	for line := range strings.Lines(text) {
		words := strings.TrimRight(line, "\r\n")
		found := banner.FindStringSubmatch(words)
		switch {
		case file != "" && found != nil && found[1] != "" && found[2] == file:
			file = ""
		case file != "":
			s.fileLines++
		case setup || strings.HasPrefix(words, setupBegins):
			s.setupLines++
			s.setupBytes += len(line)
			setup = words != setupEnds
		case found != nil && found[1] == "":
			file = found[2]
			s.files++
		case !started && strings.HasPrefix(words, `\echo`):
			echo = s.lines
		case !started && strings.HasPrefix(words, "BEGIN ISOLATION LEVEL"):
			started = true
			s.heading = s.lines
			if echo >= 0 {
				s.heading = echo
			}
		}
		s.lines++
	}
	return s, s.check(file, setup)
}

// check says what is missing in a script that ended within a file or within the set-up block.
func (s script) check(file string, setup bool) error {
	switch {
	case file != "":
		return fmt.Errorf("count script: no banner after %s", file)
	case setup:
		return fmt.Errorf("count script: no line %q", setupEnds)
	case s.files == 0:
		return errors.New("count script: no banner before a file")
	}
	return nil
}

// around is how many lines a file has around it: all but those of files, set-up and heading.
func (s script) around() float64 {
	return float64(s.lines-s.heading-s.setupLines-s.fileLines) / float64(s.files)
}

// ratio is how long the script is without the set-up block, if its files are 1.
func (s script) ratio(files int64) float64 {
	return float64(s.bytes-s.setupBytes) / float64(files)
}

// counting is a row with what a function counts.
func counting(name, title string, count func(context.Context, *site) (float64, error)) row {
	return row{name: name, title: title, rounds: 1, tools: []string{"lockstep"},
		prepare: func(_ context.Context, s *site) (trial, error) {
			return func(ctx context.Context) (sample, error) {
				n, err := count(ctx, s)
				return sample{Count: n}, err
			}, nil
		}}
}

// counts are the rows that count.
func counts() []row {
	return []row{
		counting("review/library", "bytes of the script of examples/library without the set-up block, by those of its files",
			func(ctx context.Context, s *site) (float64, error) {
				script, bytes, err := s.library(ctx)
				return script.ratio(bytes), err
			}),
		counting("review/around", "lines that this script has around each file",
			func(ctx context.Context, s *site) (float64, error) {
				script, _, err := s.library(ctx)
				return script.around(), err
			}),
		counting("review/setup", "lines of its set-up block",
			func(ctx context.Context, s *site) (float64, error) {
				script, _, err := s.library(ctx)
				if err == nil && script.setupLines == 0 {
					err = fmt.Errorf("count script: no line %q", setupBegins)
				}
				return float64(script.setupLines), err
			}),
		counting("review/one", "lines of the script of one new CREATE TABLE", oneNewFile),
		counting("source", "lines of Go and SQL in runner, lock and sql, without tests and empty lines",
			func(_ context.Context, s *site) (float64, error) {
				return sourceLines(os.DirFS(s.bench.options.repository), "runner", "lock", "sql")
			}),
	}
}

// library counts the script of examples/library from base, and the bytes of its up files.
func (s *site) library(ctx context.Context) (script, int64, error) {
	dir := filepath.Join(s.bench.options.repository, "examples", "library")
	text, err := s.tool.script(s.place(dir, nowhere), "base:head").output(ctx)
	if err != nil {
		return script{}, 0, err
	}
	all, err := countScript(string(text))
	if err != nil {
		return script{}, 0, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.up.sql"))
	if err == nil && len(files) != all.files {
		err = fmt.Errorf("count script: %d files have banners, %d exist", all.files, len(files))
	}
	var size int64
	all.fileLines = 0 // between the banners of a file outside a transaction there is more than the file
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return script{}, 0, err
		}
		size += int64(len(text))
		all.fileLines += bytes.Count(text, []byte("\n"))
	}
	return all, size, err
}

// oneNewFile counts the lines of the script of the sixth small migration, a header and CREATE TABLE
// of four lines each.
func oneNewFile(ctx context.Context, s *site) (float64, error) {
	dir, err := s.files(small(6))
	if err != nil {
		return 0, err
	}
	text, err := s.tool.script(s.place(dir, nowhere), revisionOf(5)+":"+revisionOf(6)).output(ctx)
	return float64(bytes.Count(text, []byte("\n"))), err
}

// sourceLines counts the lines of Go and SQL in some folders, comments included and empty lines not,
// but not those of tests.
func sourceLines(files fs.FS, folders ...string) (float64, error) {
	lines := 0
	for _, folder := range folders {
		err := fs.WalkDir(files, folder, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case entry.IsDir() || !isSource(path):
				return nil
			}
			text, err := fs.ReadFile(files, path)
			for line := range bytes.Lines(text) {
				if len(bytes.TrimSpace(line)) > 0 {
					lines++
				}
			}
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return float64(lines), nil
}

// isSource reports whether a file is code that users run.
func isSource(path string) bool {
	return strings.HasSuffix(path, ".sql") || strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
}
