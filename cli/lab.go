package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/schema"
)

// labFlags say where and with what schemas are compared.
type labFlags struct {
	ScratchURL string `name:"scratch-url" placeholder:"URL" env:"LOCKSTEP_SCRATCH_URL" help:"Server to make scratch databases on: of the right version, with the extensions and roles that the schema needs. Default: a private server from the programs on this machine."`

	pgDumpFlag `embed:""`
}

// pgDumpFlag says which pg_dump describes schemas.
type pgDumpFlag struct {
	PgDump string `name:"pg-dump" placeholder:"PATH" env:"LOCKSTEP_PG_DUMP" help:"The pg_dump to use; its major version must be the server's or a later one. Default: the one in PATH."`
}

// lab makes scratch databases for a command. What the server says of scripts is for other
// commands to show.
func (f labFlags) lab(ctx context.Context, s *settings, streams Streams) (*schema.Lab, error) {
	if _, err := parseStrictly(f.ScratchURL, "--scratch-url", streams); f.ScratchURL != "" && err != nil {
		return nil, err
	}
	return schema.Open(ctx, schema.Options{ScratchURL: f.ScratchURL, PgDump: f.PgDump, VersionSchema: s.VersionTableSchema})
}

// declared are the scripts of a declared schema: one file, or the files *.sql of a directory
// in the order of their names.
func declared(path string) ([]revision.Script, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &declaredError{path: path}
	}
	names := []string{filepath.Base(path)}
	dir := filepath.Dir(path)
	if info.IsDir() {
		dir = path
		if names, err = fs.Glob(os.DirFS(dir), "*.sql"); err != nil {
			return nil, err
		}
		slices.Sort(names)
	}
	if len(names) == 0 {
		return nil, &declaredError{path: path}
	}
	var scripts []revision.Script
	var errs []error
	for _, name := range names {
		script, err := parser.OpenSQL(os.DirFS(dir), name)
		scripts, errs = append(scripts, script), append(errs, err)
	}
	return scripts, errors.Join(errs...)
}

// declaredError says that there is no declared schema.
type declaredError struct{ path string }

func (e *declaredError) Error() string { return "no declared schema in " + e.path }

// differenceJSON is an object that differs in a report.
type differenceJSON struct {
	Kind   schema.Kind `json:"kind"`
	Type   string      `json:"type"`
	Schema string      `json:"schema"`
	Name   string      `json:"name"`
	Have   string      `json:"have,omitempty"`
	Want   string      `json:"want,omitempty"`
}

func differencesJSON(all []schema.Difference) []differenceJSON {
	out := []differenceJSON{}
	for _, d := range all {
		e := d.Entry()
		out = append(out, differenceJSON{
			Kind: d.Kind, Type: strings.ToLower(e.Type), Schema: e.Schema, Name: e.Name,
			Have: d.Have.SQL, Want: d.Want.SQL,
		})
	}
	return out
}
