package schema

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/scratch"
)

// Dumper describes schemas with pg_dump. All snapshots that are compared must come from one:
// what pg_dump writes differs from version to version.
type Dumper struct {
	// Path is the program. Default: the first on this machine, see [scratch.Program]. Its
	// major version must be the server's or a later one.
	Path string
}

// NewDumper is a dumper with the program at path, or the machine's own where that is empty.
func NewDumper(ctx context.Context, path string) (Dumper, error) {
	if path != "" {
		return Dumper{Path: path}, nil
	}
	path, err := scratch.Program(ctx, "pg_dump")
	return Dumper{Path: path}, err
}

// DumpError says why pg_dump gave no schema.
type DumpError struct {
	Path    string
	Message string // what it said
	Err     error
}

func (e *DumpError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("%s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Path, e.Message)
}

func (e *DumpError) Unwrap() error { return e.Err }

// TooOld reports whether the program is older than the server.
func (e *DumpError) TooOld() bool { return strings.Contains(e.Message, "version mismatch") }

// options leave out what is no part of the schema that migrations make: who owns it, where
// it is replicated to, and lockstep's own tables.
var options = []string{
	"--schema-only", "--no-owner", "--no-subscriptions", "--lock-wait-timeout=10s", "--encoding=UTF8",
	"--exclude-table=*.lockstep_version", "--exclude-table=*.lockstep_version_position_seq",
	"--exclude-table=*.lockstep_log", "--exclude-table=*.lockstep_log_id_seq",
}

// Snapshot reads the schema of a database.
func (d Dumper) Snapshot(ctx context.Context, database string) (Snapshot, error) {
	text, err := d.run(ctx, database)
	if err != nil {
		return Snapshot{}, err
	}
	return parseDump(text)
}

// Text is the schema of a database as SQL that makes it again, without what differs from one
// dump to the next: versions, and the key that newer ones put around a dump.
func (d Dumper) Text(ctx context.Context, database string) (string, error) {
	text, err := d.run(ctx, database)
	if err != nil {
		return "", err
	}
	text = volatile.ReplaceAllString(text, "")
	return strings.TrimSpace(blankLines.ReplaceAllString(text, "\n\n")) + "\n", nil
}

var (
	volatile   = regexp.MustCompile(`(?m)^(\\(un)?restrict .*|-- Dumped (from|by) .*|-- PostgreSQL database dump( complete)?|--\n-- PostgreSQL database dump( complete)?\n--)\n`)
	blankLines = regexp.MustCompile(`\n{3,}`)
)

func (d Dumper) run(ctx context.Context, database string) (string, error) {
	database, environment := withoutPassword(database)
	cmd := exec.CommandContext(ctx, d.Path, append(options, "--dbname="+database)...)
	cmd.Env = append(os.Environ(), environment...)
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		return "", &DumpError{Path: d.Path, Message: firstLines(failure.String()), Err: errors.Join(ctx.Err(), err)}
	}
	return out.String(), nil
}

// firstLines are the lines of what a program says, in one.
func firstLines(text string) string {
	return strings.Join(strings.Split(strings.TrimSpace(text), "\n"), "; ")
}

// withoutPassword is a connection string without its password, which everybody could see in
// the list of processes, and the environment that has it.
func withoutPassword(database string) (string, []string) {
	config, err := pgconn.ParseConfig(database)
	if err != nil || config.Password == "" {
		return database, nil
	}
	environment := []string{"PGPASSWORD=" + config.Password}
	if u, err := url.Parse(database); err == nil && u.Scheme != "" {
		if u.User != nil {
			u.User = url.User(u.User.Username())
		}
		query := u.Query()
		query.Del("password")
		u.RawQuery = query.Encode()
		return u.String(), environment
	}
	return strings.TrimSpace(passwordWord.ReplaceAllString(database, "")), environment
}

// passwordWord is the password in a connection string of words.
var passwordWord = regexp.MustCompile(`\bpassword\s*=\s*('(\\.|[^'\\])*'|(\\.|[^\s\\])+)`)
