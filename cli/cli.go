// Package cli is the command line: what a person types becomes a call of the other
// packages, and what they return becomes text.
//
// Results go to standard output, everything else to standard error. The exit code is
// a contract, see [Code]. Facts come as typed errors from the other packages; the
// words with names of flags in them are here, in hint.go.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Run carries out one command line and returns the exit code.
func Run(ctx context.Context, args []string, streams Streams) int {
	out := &checked{Writer: streams.Out}
	streams.Out = out
	grammar := &app{}
	streams.logs = &grammar.LogFormat
	config := &config{}
	if asksForUsage(args) {
		if err := printUsage(out); err != nil {
			return int(usage(err, args, config, streams))
		}
		return int(CodeDone)
	}
	parser := newParser(grammar, needed(asTyped(args)),
		kong.Writers(streams.Out, streams.Err),
		kong.Exit(func(code int) { panic(exited{code}) }),
		kong.Resolvers(config),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.ShortUsageOnError(),
		kong.Bind(&grammar.settings, config, streams),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	return int(run(ctx, parser, args, config, streams, out))
}

// exited is thrown when kong ends the program, after --help.
type exited struct{ code int }

func run(ctx context.Context, parser *kong.Kong, args []string, config *config, streams Streams, out *checked) (code Code) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case exited:
			code = Code(thrown.code)
		default:
			panic(thrown)
		}
	}()
	if len(args) > 0 && args[0] == completeWord {
		complete(out, parser.Model, args[1:])
		return CodeDone
	}
	command, err := parser.Parse(asTyped(args))
	if err != nil {
		return usage(err, args, config, streams)
	}
	warnOfVariables(parser.Model, streams)
	return report(ctx, streams, out.failed(command.Run()))
}

// checked is a stream that remembers that it could not be written to.
type checked struct {
	io.Writer
	err error
}

// Write keeps the first error.
func (c *checked) Write(data []byte) (int, error) {
	n, err := c.Writer.Write(data)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

// failed is err, or that the results could not be written. Of who has read enough nothing is said;
// what goes on to its end all the same is done.
func (c *checked) failed(err error) error {
	switch {
	case c.err == nil:
		return err
	case isUnread(c.err) && err == nil:
		return nil
	case isUnread(c.err) && isUnread(err):
		return silent(CodeError)
	case err == nil:
		return fmt.Errorf("write results: %w", c.err)
	}
	return err
}

// isUnread reports whether nobody reads the other end of a pipe that was written to.
func isUnread(err error) bool {
	var file *fs.PathError
	return errors.As(err, &file) && errors.Is(err, syscall.EPIPE)
}

// asTyped is what kong is given for a command line.
func asTyped(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return dashNumbers(args)
}

// isDashNumber reports whether a word is "-" and digits.
func isDashNumber(word string) bool {
	digits, ok := strings.CutPrefix(word, "-")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// dashNumbers lets "downgrade -1" work as typed: what looks like a negative number
// is an argument and no flag, so it goes behind a "--" at the end.
func dashNumbers(args []string) []string {
	var flags, numbers []string
	for i, arg := range args {
		if arg == "--" {
			flags = append(flags, args[i:]...)
			return append(flags, numbers...)
		}
		if isDashNumber(arg) {
			numbers = append(numbers, arg)
		} else {
			flags = append(flags, arg)
		}
	}
	if len(numbers) == 0 {
		return flags
	}
	return append(append(flags, "--"), numbers...)
}
