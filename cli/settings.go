package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/sql"
)

// settings are the flags that every command has. Each is taken from the command
// line, else from its LOCKSTEP_* variable, else from lockstep.toml, else its default.
// The database's URL has more sources, see database.go.
type settings struct {
	Dir                []string      `short:"d" type:"directories" default:"migrations" placeholder:"DIR" env:"LOCKSTEP_DIR" help:"Directory of the migration files; may be given several times, all form one history. Default: ${default}."`
	DatabaseURL        string        `placeholder:"URL" help:"Database as URL or key=value; scratch: is a throwaway server. Default: $$LOCKSTEP_DATABASE_URL, $$DATABASE_URL, lockstep.toml, PG* variables."`
	Environment        string        `short:"n" placeholder:"NAME" env:"LOCKSTEP_ENVIRONMENT" help:"Environment of lockstep.toml to use."`
	Config             string        `default:"lockstep.toml" placeholder:"FILE" env:"LOCKSTEP_CONFIG" help:"File of settings. Default: ${default}, if there is one."`
	VersionTableSchema string        `placeholder:"NAME" env:"LOCKSTEP_VERSION_TABLE_SCHEMA" help:"Schema of the version table, the log and the procedures. Default: lockstep."`
	Scope              string        `placeholder:"NAME" env:"LOCKSTEP_SCOPE" help:"Which history of the database this is, where it has several. Default: main."`
	SearchPath         string        `placeholder:"NAMES" env:"LOCKSTEP_SEARCH_PATH" help:"The search_path that each file begins with. Default: the connection's."`
	Role               string        `placeholder:"NAME" env:"LOCKSTEP_ROLE" help:"The role that runs each file whose header names none. Default: the connection's."`
	LockWait           time.Duration `default:"5m" placeholder:"TIME" env:"LOCKSTEP_LOCK_WAIT" help:"How long to wait for the lock. Default: ${default}."`
	Wait               time.Duration `placeholder:"TIME" env:"LOCKSTEP_WAIT" help:"How long to wait for a server that is starting. Default: not at all."`
	LogFormat          string        `default:"text" enum:"text,json" placeholder:"FORMAT" env:"LOCKSTEP_LOG_FORMAT" help:"Format of what is logged: text or json. Default: ${default}."`
	Verbose            bool          `short:"v" env:"LOCKSTEP_VERBOSE" help:"Log more."`
}

// Validate is for kong, which prints its error as one of usage.
func (s *settings) Validate() error {
	for flag, value := range map[string]string{"version-table-schema": s.VersionTableSchema, "scope": s.Scope, "role": s.Role} {
		if value == "" {
			continue // is the default
		}
		if err := parser.ValidName(value); err != nil {
			return fmt.Errorf("--%s: %w", flag, err)
		}
	}
	_, err := namesIn(s.SearchPath)
	return err
}

// store is where the database remembers what is applied.
func (s *settings) store() sql.Store { return sql.Store{Schema: s.VersionTableSchema, Scope: s.Scope} }

// addTo adds what the settings say to the options of a run.
func (s *settings) addTo(o runner.Options) runner.Options {
	o.Schema, o.Scope, o.Role, o.Tool = s.VersionTableSchema, s.Scope, s.Role, Version()
	o.SearchPath, _ = namesIn(s.SearchPath) // Validate has seen that it is one
	return o
}

// namesIn are the names in a list with commas, as PostgreSQL reads them: in lower case unless they are quoted.
func namesIn(text string) ([]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var names []string
	for _, part := range partsOfList(text) {
		name := parser.LowerASCII(strings.TrimSpace(part))
		if inner, quoted := strings.CutPrefix(strings.TrimSpace(part), `"`); quoted {
			name = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
		}
		if parser.ValidName(name) != nil {
			return nil, fmt.Errorf("--search-path: %q is not a list of names", text)
		}
		names = append(names, name)
	}
	return names, nil
}

// partsOfList are the parts of a list between commas that are not in quotes.
func partsOfList(text string) []string {
	var parts []string
	from, quoted := 0, false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			parts, from = append(parts, text[from:i]), i+1
		}
	}
	return append(parts, text[from:])
}

// directories reads --dir.
type directories struct{}

// Decode adds what is given once: a directory, or several with commas between them. A name that is
// empty is a variable's of a script that is not set, and would lead to no files, or to others.
func (directories) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("directory", &text); err != nil {
		return err
	}
	names := kong.SplitEscaped(text, ctx.Value.Tag.Sep)
	if len(names) == 0 || slices.Contains(names, "") {
		return errors.New("no directory is named")
	}
	target.Set(reflect.AppendSlice(target, reflect.ValueOf(names)))
	return nil
}

// PlaceHolder is how --dir is shown.
func (directories) PlaceHolder(flag *kong.Flag) string { return flag.PlaceHolder + ",..." }

// open reads the history of the migrations directories.
func (s *settings) open() (*revision.History, error) { return s.openAs(parser.Directory{}) }

// openUp is open for an upgrade, which needs few of the down files: [parser.ReadDown] reads them.
func (s *settings) openUp() (*revision.History, error) {
	return s.openAs(parser.Directory{UpOnly: true})
}

// mostKept is how many bytes of short files are kept rather than read again, by a command that reads
// all of them as SQL.
const mostKept = 16 << 20

// openKeeping is open for a command that needs the texts of most files.
func (s *settings) openKeeping() (*revision.History, error) {
	return s.openAs(parser.Directory{Keep: mostKept})
}

// openAs is open for directories that are to be read like this one.
func (s *settings) openAs(like parser.Directory) (*revision.History, error) {
	var directories []parser.Directory
	for _, dir := range s.Dir {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() {
			return nil, &directoryError{dir: dir}
		}
		d := like
		d.FS = directory(dir)
		if len(s.Dir) > 1 {
			d.Name = filepath.ToSlash(dir)
		}
		directories = append(directories, d)
	}
	return parser.OpenAll(directories...)
}

// openTelling is open for a command that shows what there is: nothing, where an image was built
// without its files.
func (s *settings) openTelling(streams Streams) (*revision.History, error) {
	h, err := s.open()
	if err == nil {
		s.tellEmpty(h, streams)
	}
	return h, err
}

// tellEmpty warns of a history without revisions.
func (s *settings) tellEmpty(h *revision.History, streams Streams) {
	if len(h.Revisions()) == 0 {
		streams.say("warning", "there are no migrations in %s", strings.Join(s.Dir, ", "))
	}
}

// directoryError says that there is no migrations directory.
type directoryError struct{ dir string }

func (e *directoryError) Error() string {
	if _, err := os.Stat(e.dir); err == nil {
		return e.dir + " is no directory"
	}
	return "no directory " + e.dir
}

// above is the nearest directory above this one that has the migrations directory, as a path
// like "../..", or empty.
func (e *directoryError) above() string {
	const levels = 8 // deep enough for a repository
	for up, n := "..", 0; n < levels && !filepath.IsAbs(e.dir); up, n = filepath.Join(up, ".."), n+1 {
		if info, err := os.Stat(filepath.Join(up, e.dir)); err == nil && info.IsDir() {
			return up
		}
	}
	return ""
}
