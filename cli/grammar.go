package cli

import (
	"reflect"
	"time"

	"github.com/alecthomas/kong"
)

// app is the grammar of the command line, which the commands are added to.
type app struct {
	settings `embed:"" group:"Settings:"`
}

// command is a word of the command line, and the grammar of what follows it.
type command struct {
	name, help string
	grammar    any // a pointer to a struct
}

// commands are all there are, in the order of the usage text.
func commands() []command {
	return []command{
		{"init", "Create the migrations directory and lockstep.toml.", &initCmd{}},
		{"revision", "Write the two files of a new revision.", &revisionCmd{}},
		{"import", "Write the migrations of another tool as lockstep's, and adopt what it has applied.", &importCmd{}},
		{"merge", "Write a revision that joins several heads.", &mergeCmd{}},
		{"upgrade", "Apply what a target needs and the database lacks.", &upgradeCmd{}},
		{"downgrade", "Revert what stands above a target.", &downgradeCmd{}},
		{"run", "Upgrade to the head, then become another program: for entrypoints of containers.", &runCmd{}},
		{"wait", "Wait until the server is up and the database has a revision.", &waitCmd{}},
		{"status", "Show what is applied, pending, out of order, changed or unknown.", &statusCmd{}},
		{"current", "Show the revisions that the database is at.", &currentCmd{}},
		{"history", "List the revisions, newest first.", &historyCmd{}},
		{"heads", "List the revisions that nothing follows.", &headsCmd{}},
		{"branches", "List the revisions that several follow.", &branchesCmd{}},
		{"show", "Show one revision and its SQL.", &showCmd{}},
		{"edit", "Open the files of a revision in your editor.", &editCmd{}},
		{"check", "Compare the migrations with the declared schema, or a database with its migrations.", &checkCmd{}},
		{"verify", "Prove every down file: apply, revert and apply again, on a scratch database.", &verifyCmd{}},
		{"dump", "Write the schema of the database as SQL.", &dumpCmd{}},
		{"validate", "Check the files, without a database or against one; --verbose lists every statement.", &validateCmd{}},
		{"stamp", "Declare targets to be applied, running nothing.", &stampCmd{}},
		{"repair", "Put the row of one revision in the version table right.", &repairCmd{}},
		{"ensure-version", "Create the version table where it is missing.", &ensureVersionCmd{}},
		{"completion", "Print a shell's script that completes commands, flags, revisions and targets.", &completionCmd{}},
		{"help", "Show what --help shows, or a topic: files, targets, environment, exit-codes.", &helpCmd{}},
		{"version", "Show the version of lockstep.", &versionCmd{}},
	}
}

const description = `Plain-SQL migrations for PostgreSQL: a revision graph in file headers, every
file in its own transaction under a lock. What you review (--sql) is what runs.`

// newParser makes a parser of a command line with these commands.
func newParser(grammar *app, commands []command, options ...kong.Option) *kong.Kong {
	options = append(options, kong.Name("lockstep"), kong.Description(description),
		kong.NamedMapper("directories", directories{}),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(durationOf)))
	for _, c := range commands {
		options = append(options, kong.DynamicCommand(c.name, c.help, "", c.grammar))
	}
	parser, err := kong.New(grammar, options...)
	if err != nil {
		panic(err) // a bug in the structs
	}
	return parser
}

// needed are the commands that a command line can't be read without: the one that it begins
// with, which spares kong the structs of the others, a good part of a short run. Where it begins
// with something else, that is a mistake or a flag, and all are needed; help has all to tell of.
func needed(args []string) []command {
	all := commands()
	for i, c := range all {
		if len(args) > 0 && args[0] == c.name && c.name != "help" {
			return all[i : i+1]
		}
	}
	return all
}
