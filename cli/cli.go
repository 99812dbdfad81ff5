// Package cli is the command line: what a person types becomes a call of the other
// packages, and what they return becomes text.
//
// Results go to standard output, everything else to standard error. The exit code is
// a contract, see [Code]. Facts come as typed errors from the other packages; the
// words with names of flags in them are here, in hint.go.
package cli

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"time"

	"github.com/alecthomas/kong"
)

// app is the grammar of the command line.
type app struct {
	settings `embed:"" group:"Settings:"`

	Init      initCmd      `cmd:"" help:"Create the migrations directory and lockstep.toml."`
	Revision  revisionCmd  `cmd:"" help:"Write the two files of a new revision."`
	Import    importCmd    `cmd:"" help:"Write the migrations of another tool as lockstep's, and adopt what it has applied."`
	Merge     mergeCmd     `cmd:"" help:"Write a revision that joins several heads."`
	Upgrade   upgradeCmd   `cmd:"" help:"Apply what a target needs and the database lacks."`
	Downgrade downgradeCmd `cmd:"" help:"Revert what stands above a target."`
	Run       runCmd       `cmd:"" help:"Upgrade to the head, then become another program: for entrypoints of containers."`
	Wait      waitCmd      `cmd:"" help:"Wait until the server is up and the database has a revision."`
	Status    statusCmd    `cmd:"" help:"Show what is applied, pending, out of order, changed or unknown."`
	Current   currentCmd   `cmd:"" help:"Show the revisions that the database is at."`
	History   historyCmd   `cmd:"" help:"List the revisions, newest first."`
	Heads     headsCmd     `cmd:"" help:"List the revisions that nothing follows."`
	Branches  branchesCmd  `cmd:"" help:"List the revisions that several follow."`
	Show      showCmd      `cmd:"" help:"Show one revision and its SQL."`
	Edit      editCmd      `cmd:"" help:"Open the files of a revision in your editor."`
	Check     checkCmd     `cmd:"" help:"Compare the migrations with the declared schema, or a database with its migrations."`
	Verify    verifyCmd    `cmd:"" help:"Prove every down file: apply, revert and apply again, on a scratch database."`
	Dump      dumpCmd      `cmd:"" help:"Write the schema of the database as SQL."`
	Validate  validateCmd  `cmd:"" help:"Check the files, without a database or against one; --verbose lists every statement."`
	Stamp     stampCmd     `cmd:"" help:"Declare targets to be applied, running nothing."`
	Repair    repairCmd    `cmd:"" help:"Put the row of one revision in the version table right."`

	EnsureVersion ensureVersionCmd `cmd:"" help:"Create the version table where it is missing."`
	Completion    completionCmd    `cmd:"" help:"Print a shell's script that completes commands, flags, revisions and targets."`
	Help          helpCmd          `cmd:"" help:"Show what --help shows, or a topic: files, targets, environment, exit-codes."`
	Version       versionCmd       `cmd:"" help:"Show the version of lockstep."`
}

const description = `Plain-SQL migrations for PostgreSQL: a revision graph in file headers, every
file in its own transaction under a lock. What you review (--sql) is what runs.`

// Run carries out one command line and returns the exit code.
func Run(ctx context.Context, args []string, streams Streams) int {
	out := &checked{Writer: streams.Out}
	streams.Out = out
	grammar := &app{}
	streams.logs = &grammar.LogFormat
	config := &config{}
	done := exited{code: -1}
	parser, err := kong.New(grammar,
		kong.Name("lockstep"), kong.Description(description),
		kong.Writers(streams.Out, streams.Err),
		kong.Exit(func(code int) { done.code = code; panic(done) }),
		kong.Resolvers(config),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(durationOf)),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.ShortUsageOnError(),
		kong.Bind(&grammar.settings, config, streams),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		panic(err) // a bug in the structs
	}
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
		*streams.logs = logsOf(args, config)
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

// failed is err, or that the results could not be written.
func (c *checked) failed(err error) error {
	if err == nil && c.err != nil {
		return fmt.Errorf("write results: %w", c.err)
	}
	return err
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

var dashNumber = regexp.MustCompile(`^-[0-9]+$`)

// dashNumbers lets "downgrade -1" work as typed: what looks like a negative number
// is an argument and no flag, so it goes behind a "--" at the end.
func dashNumbers(args []string) []string {
	var flags, numbers []string
	for i, arg := range args {
		if arg == "--" {
			flags = append(flags, args[i:]...)
			return append(flags, numbers...)
		}
		if dashNumber.MatchString(arg) {
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
