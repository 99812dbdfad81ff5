package scratch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// packaged are the folders where packages put the server's programs, as glob patterns.
var packaged = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew on Apple silicon
	"/opt/homebrew/opt/postgresql/bin",                   //
	"/usr/local/opt/postgresql@*/bin",                    // Homebrew on Intel
	"/usr/local/opt/postgresql/bin",                      //
	"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
	"/usr/pgsql-*/bin",                                   // Fedora, RHEL: the PGDG packages
}

// NotInstalledError says that a program, or those of a PostgreSQL server, are not on this
// machine.
type NotInstalledError struct {
	Program  string   // the one that is missing; empty for those of a server
	Searched []string // where they were looked for, in order
}

func (e *NotInstalledError) Error() string {
	if e.Program != "" {
		return fmt.Sprintf("find %s: not installed; looked in %s; install it with `apt-get install postgresql-client` (Debian, Ubuntu), "+
			"`brew install libpq` (macOS) or `dnf install postgresql` (Fedora)", e.Program, strings.Join(e.Searched, ", "))
	}
	return fmt.Sprintf("find the PostgreSQL programs postgres and initdb: not installed; looked in %s; "+
		"install them with `apt-get install postgresql` (Debian, Ubuntu), "+
		"`brew install postgresql@18` (macOS) or `dnf install postgresql-server` (Fedora)",
		strings.Join(e.Searched, ", "))
}

// programs is the folder that holds postgres and initdb: bin if it is given, else the first
// that does.
func programs(ctx context.Context, bin string) (string, error) {
	if bin != "" {
		return first([]string{bin}, []string{bin})
	}
	folders := filepath.SplitList(os.Getenv("PATH"))
	folders = append(folders, bindir(ctx))
	for _, pattern := range packaged {
		folders = append(folders, newestFirst(glob(pattern))...)
	}
	return first(folders, append([]string{"PATH", "`pg_config --bindir`"}, packaged...))
}

// first is the first of the folders with the programs in it; searched names them for people.
func first(folders, searched []string) (string, error) {
	i := slices.IndexFunc(folders, hasPrograms)
	if i < 0 {
		return "", &NotInstalledError{Searched: searched}
	}
	return folders[i], nil
}

// Program is the path of one of PostgreSQL's programs: from PATH, else from where packages
// put them, the newest first. The error is a [*NotInstalledError].
func Program(ctx context.Context, name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	folders := []string{bindir(ctx)}
	for _, pattern := range packaged {
		folders = append(folders, newestFirst(glob(pattern))...)
	}
	for _, folder := range folders {
		if path := filepath.Join(folder, name); filepath.IsAbs(path) && isExecutable(path) {
			return path, nil
		}
	}
	return "", &NotInstalledError{Program: name, Searched: append([]string{"PATH", "`pg_config --bindir`"}, packaged...)}
}

// hasPrograms also refuses a relative folder, as [exec.LookPath] does: what it holds depends
// on where the caller stands.
func hasPrograms(folder string) bool {
	return filepath.IsAbs(folder) &&
		isExecutable(filepath.Join(folder, "postgres")) &&
		isExecutable(filepath.Join(folder, "initdb"))
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// bindir asks pg_config, which may come with the client alone; empty if there is none.
func bindir(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func glob(pattern string) []string {
	found, _ := filepath.Glob(pattern) // fails on a bad pattern only, and these are constants
	return found
}

// newestFirst sorts by the first number in the path, the server's major version.
func newestFirst(folders []string) []string {
	slices.SortStableFunc(folders, func(a, b string) int { return major(b) - major(a) })
	return folders
}

var digits = regexp.MustCompile(`[0-9]+`)

// major is 0 for a path without a number.
func major(folder string) int {
	n, _ := strconv.Atoi(digits.FindString(folder))
	return n
}
