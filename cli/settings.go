package cli

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

// settings are the flags that every command has. Each is taken from the command
// line, else from its LOCKSTEP_* variable, else from lockstep.toml, else its default.
// The database's URL has more sources, see database.go.
type settings struct {
	Dir                []string      `short:"d" type:"directories" default:"migrations" placeholder:"DIR" env:"LOCKSTEP_DIR" help:"Directory of the migration files; may be given several times, all form one history. Default: ${default}."`
	DatabaseURL        string        `placeholder:"URL" help:"Database as URL or key=value; scratch: is a throwaway server. Default: $$LOCKSTEP_DATABASE_URL, $$DATABASE_URL, lockstep.toml, PG* variables."`
	Environment        string        `short:"n" placeholder:"NAME" env:"LOCKSTEP_ENVIRONMENT" help:"Environment of lockstep.toml to use."`
	Config             string        `default:"lockstep.toml" placeholder:"FILE" env:"LOCKSTEP_CONFIG" help:"File of settings. Default: ${default}, if there is one."`
	VersionTableSchema string        `placeholder:"NAME" env:"LOCKSTEP_VERSION_TABLE_SCHEMA" help:"Schema of the version table. Default: by the connection's search_path."`
	LockWait           time.Duration `default:"5m" placeholder:"TIME" env:"LOCKSTEP_LOCK_WAIT" help:"How long to wait for the lock. Default: ${default}."`
	Wait               time.Duration `placeholder:"TIME" env:"LOCKSTEP_WAIT" help:"How long to wait for a server that is starting. Default: not at all."`
	LogFormat          string        `default:"text" enum:"text,json" placeholder:"FORMAT" env:"LOCKSTEP_LOG_FORMAT" help:"Format of what is logged: text or json. Default: ${default}."`
	Verbose            bool          `short:"v" env:"LOCKSTEP_VERBOSE" help:"Log more."`
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
func (s *settings) open() (*revision.History, error) { return s.openKeeping(0) }

// mostKept is how many bytes of short files are kept rather than read again, by a command that reads
// all of them as SQL.
const mostKept = 16 << 20

// openKeeping is open for a command that needs the texts of most files, and may keep so many bytes
// of each directory in memory.
func (s *settings) openKeeping(size int64) (*revision.History, error) {
	var directories []parser.Directory
	for _, dir := range s.Dir {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() {
			return nil, &directoryError{dir: dir}
		}
		d := parser.Directory{FS: directory(dir), Keep: size}
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
