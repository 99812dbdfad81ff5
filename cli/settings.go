package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

// settings are the flags that every command has. Each is taken from the command
// line, else from its LOCKSTEP_* variable, else from lockstep.toml, else its default.
// The database's URL has more sources, see database.go.
type settings struct {
	Dir                []string      `short:"d" default:"migrations" placeholder:"DIR" env:"LOCKSTEP_DIR" help:"Directory of the migration files; may be given several times, all form one history. Default: ${default}."`
	DatabaseURL        string        `placeholder:"URL" help:"Database as URL or key=value; scratch: is a throwaway server. Default: $$LOCKSTEP_DATABASE_URL, $$DATABASE_URL, lockstep.toml, PG* variables."`
	Environment        string        `short:"n" placeholder:"NAME" env:"LOCKSTEP_ENVIRONMENT" help:"Environment of lockstep.toml to use."`
	Config             string        `default:"lockstep.toml" placeholder:"FILE" env:"LOCKSTEP_CONFIG" help:"File of settings. Default: ${default}, if there is one."`
	VersionTableSchema string        `placeholder:"NAME" env:"LOCKSTEP_VERSION_TABLE_SCHEMA" help:"Schema of the version table. Default: by the connection's search_path."`
	LockWait           time.Duration `default:"5m" placeholder:"TIME" env:"LOCKSTEP_LOCK_WAIT" help:"How long to wait for the lock. Default: ${default}."`
	Wait               time.Duration `placeholder:"TIME" env:"LOCKSTEP_WAIT" help:"How long to wait for a server that is starting. Default: not at all."`
	LogFormat          string        `default:"text" enum:"text,json" env:"LOCKSTEP_LOG_FORMAT" help:"Format of what is logged: text or json. Default: ${default}."`
	Verbose            bool          `short:"v" env:"LOCKSTEP_VERBOSE" help:"Log more."`
}

// open reads the history of the migrations directories.
func (s *settings) open() (*revision.History, error) {
	var directories []parser.Directory
	for _, dir := range s.Dir {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() {
			return nil, &directoryError{dir: dir}
		}
		d := parser.Directory{FS: os.DirFS(dir)}
		if len(s.Dir) > 1 {
			d.Name = filepath.ToSlash(dir)
		}
		directories = append(directories, d)
	}
	return parser.OpenAll(directories...)
}

// directoryError says that there is no migrations directory.
type directoryError struct{ dir string }

func (e *directoryError) Error() string { return fmt.Sprintf("no directory %s", e.dir) }

// logger writes to standard error: for a person on a terminal, else plain text or
// JSON.
func (s *settings) logger(streams Streams) *slog.Logger {
	level := slog.LevelInfo
	if s.Verbose {
		level = slog.LevelDebug
	}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(streams.Err, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(tint.NewTextHandler(streams.Err, &tint.Options{
		Level: level, TimeFormat: time.TimeOnly, NoColor: !coloured(streams.Err),
	}))
}

// coloured reports whether a stream shows colours: a terminal, unless NO_COLOR is
// set, see https://no-color.org.
func coloured(w io.Writer) bool { return os.Getenv("NO_COLOR") == "" && isTerminal(w) }

// isTerminal reports whether somebody looks at a stream, or types into it.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
