package schema

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/scratch"
	"github.com/lockstep-db/lockstep/sql"
)

// Dumper describes schemas with pg_dump. All snapshots that are compared must come from one:
// what pg_dump writes differs from version to version.
type Dumper struct {
	// Path is the program. Default: the first on this machine, see [scratch.Program]. Its
	// major version must be the server's or a later one.
	Path string
	// VersionSchema is the schema of the version table where that is not the usual one. What lockstep has
	// there is no part of what is compared, nor is the schema itself when nothing else is in it.
	VersionSchema string
}

// NewDumper is a dumper with the program at path, or the machine's own where that is empty,
// and with a VersionSchema.
func NewDumper(ctx context.Context, path, versionSchema string) (Dumper, error) {
	if path != "" {
		return Dumper{Path: path, VersionSchema: versionSchema}, nil
	}
	path, err := scratch.Program(ctx, "pg_dump")
	return Dumper{Path: path, VersionSchema: versionSchema}, err
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
// it is replicated to, and what is lockstep's own.
var options = []string{
	"--schema-only", "--no-owner", "--no-subscriptions", "--lock-wait-timeout=10s", "--encoding=UTF8",
	"--exclude-schema=" + sql.DefaultSchema, "--exclude-table=*.lockstep_version", "--exclude-table=*.lockstep_version_position_seq",
	"--exclude-table=*.lockstep_log", "--exclude-table=*.lockstep_log_id_seq",
}

// Snapshot reads the schema of a database.
func (d Dumper) Snapshot(ctx context.Context, database string) (Snapshot, error) {
	text, err := d.run(ctx, database)
	if err != nil {
		return Snapshot{}, err
	}
	s, err := parseDump(text)
	return s.without(d.VersionSchema), err
}

// isOwn reports whether a header of pg_dump's is about one of lockstep's procedures, which pg_dump can't leave
// out by itself.
func isOwn(kind, name string) bool {
	name = strings.TrimPrefix(name, "PROCEDURE ") // as comments and grants have it
	procedure, _, isRoutine := strings.Cut(name, "(")
	return isRoutine && slices.Contains([]string{"PROCEDURE", "COMMENT", "ACL"}, kind) && sql.IsProcedure(procedure)
}

// without is a snapshot without lockstep's procedures, and without a schema that has nothing in it.
func (s Snapshot) without(name string) Snapshot {
	s.Entries = slices.DeleteFunc(s.Entries, func(e Entry) bool { return isOwn(e.Type, e.Name) })
	isOther := func(e Entry) bool { return e.Schema == name }
	if name == "" || name == "public" || slices.ContainsFunc(s.Entries, isOther) {
		return s
	}
	s.Entries = slices.DeleteFunc(s.Entries, func(e Entry) bool {
		return e.Type == "SCHEMA" && e.Name == name || e.Name == "SCHEMA "+name
	})
	return s
}

// Text is the schema of a database as SQL that makes it again, without what differs from one
// dump to the next: versions, and the key that newer ones put around a dump.
func (d Dumper) Text(ctx context.Context, database string) (string, error) {
	text, err := d.run(ctx, database)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	from, own := 0, false
	for st, err := range parser.Statements(text) {
		if err != nil {
			return "", err
		}
		between := text[from:st.Start]
		if m := lastHeader(between); m != nil {
			own = isOwn(m[2], m[1])
		}
		if !own {
			b.WriteString(tidy(between))
		}
		if !own && st.Kind != parser.Meta {
			b.WriteString(text[st.Start:st.End])
		}
		from = st.End
	}
	b.WriteString(tidy(text[from:]))
	return strings.TrimSpace(b.String()) + "\n", nil
}

// tidy is the text between two statements.
func tidy(text string) string {
	return blankLines().ReplaceAllString(volatile().ReplaceAllString(text, ""), "\n\n")
}

var (
	volatile   = lazily(`(?m)^(-- Dumped (from|by) .*|--\n-- PostgreSQL database dump( complete)?\n--)\n`)
	blankLines = lazily(`\n{3,}`)
)

func (d Dumper) run(ctx context.Context, database string) (string, error) {
	database, environment := forLibpq(database)
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

// forLibpq is a connection string as pg_dump takes it, and the environment that has the rest:
// the password, which everybody could see in the list of processes, and the settings that pgx
// takes as parameters and libpq does not know. It changes the text: what a parser of URLs
// would refuse may still be a password. For that of a client's key (sslpassword) libpq has no
// variable; it is left out, and pg_dump says what it lacks.
func forLibpq(database string) (string, []string) {
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		config = &pgconn.Config{} // pg_dump will say what is wrong with it
	}
	environment := []string{"PGHOSTADDR="} // of which pgconn knows nothing: it would lead to another server
	away := []string{"sslpassword", "password"}
	if config.Password != "" {
		environment = append(environment, "PGPASSWORD="+config.Password)
	}
	if names := settingsOf(config); len(names) > 0 {
		options := os.Getenv("PGOPTIONS")
		for _, name := range names {
			value := strings.NewReplacer(`\`, `\\`, " ", `\ `).Replace(config.RuntimeParams[name])
			options += " -c " + name + "=" + value
		}
		environment = append(environment, "PGOPTIONS="+strings.TrimSpace(options))
		away = append(away, names...)
	}
	scheme, rest, isURL := strings.Cut(database, "://")
	if !isURL {
		return withoutWords(database, away), environment
	}
	authority, query, _ := strings.Cut(rest, "?")
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		user, _, _ := strings.Cut(authority[:at], ":")
		authority = user + authority[at:]
	}
	parameters := slices.DeleteFunc(strings.Split(query, "&"), func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		decoded, _ := url.QueryUnescape(name)
		return name == "" || slices.Contains(away, name) || strings.HasSuffix(decoded, "password")
	})
	if len(parameters) > 0 {
		authority += "?" + strings.Join(parameters, "&")
	}
	return scheme + "://" + authority, environment
}

// libpqs are what pgconn takes for settings of the server, for it does not know them, and libpq for
// parameters of its own: "Parameter Key Words" in PostgreSQL's manual.
var libpqs = []string{
	"application_name", "fallback_application_name", "options", "hostaddr", "requirepeer", "load_balance_hosts",
	"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
	"gssencmode", "gsslib", "gssdelegation", "sslcompression", "sslcrl", "sslcrldir",
	"ssl_min_protocol_version", "ssl_max_protocol_version", "scram_client_key", "scram_server_key",
}

// IsLibpqs reports whether a parameter is libpq's, which pgconn would send as a setting.
func IsLibpqs(parameter string) bool { return slices.Contains(libpqs, parameter) }

// settingsOf are the names of the server's settings in a connection string.
func settingsOf(config *pgconn.Config) []string {
	names := slices.Sorted(maps.Keys(config.RuntimeParams))
	return slices.DeleteFunc(names, IsLibpqs)
}

// withoutWords is a connection string of words without some of them.
func withoutWords(database string, names []string) string {
	for _, name := range names {
		word := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\s*=\s*('(\\.|[^'\\])*'|(\\.|[^\s\\])+)`)
		database = word.ReplaceAllString(database, "")
	}
	return strings.TrimSpace(database)
}
