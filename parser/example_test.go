package parser_test

import (
	"errors"
	"fmt"
	"testing/fstest"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

// A program embeds its migrations and opens them with [fs.Sub], or from a directory with
// os.DirFS. The headers say what follows what.
func ExampleOpen() {
	files := fstest.MapFS{
		"book.up.sql":   {Data: []byte("-- revision: a1\n-- down_revision:\n-- message: create book\n\nCREATE TABLE book (id int);\n")},
		"book.down.sql": {Data: []byte("-- revision: a1\n-- down_revision:\n\nDROP TABLE book;\n")},
		"year.up.sql":   {Data: []byte("-- revision: a2\n-- down_revision: a1\n-- message: add year\n\nALTER TABLE book ADD COLUMN year int;\n")},
		"year.down.sql": {Data: []byte("-- revision: a2\n-- down_revision: a1\n\nALTER TABLE book DROP COLUMN year;\n")},
	}
	history, err := parser.Open(files)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range history.Revisions() {
		fmt.Println(r.Label(), "after", r.Parents)
	}
	// Output:
	// a1 (create book) after []
	// a2 (add year) after [a1]
}

// All faults come at once, sorted by place. Those of files are of type [parser.Fault], those
// of the graph of type [revision.Fault].
func ExampleOpen_faults() {
	files := fstest.MapFS{
		"book.up.sql":   {Data: []byte("-- revision: a1\n-- down_revision: a0\n\nCREATE TABLE book (id int);\n")},
		"book.down.sql": {Data: []byte("-- revision: a1\n-- down_revision: a0\n\nDROP TABLE book;\n")},
		"year.up.sql":   {Data: []byte("-- revision: a2\n-- down_revison: a1\n\nALTER TABLE book ADD COLUMN year int;\n")},
		"year.down.sql": {Data: []byte("-- revision: a2\n-- down_revision: a1\n\nALTER TABLE book DROP COLUMN year;\n")},
	}
	_, err := parser.Open(files)
	var file *parser.Fault
	if errors.As(err, &file) {
		fmt.Printf("%s, line %d: %s\n", file.File, file.Line, file.Message)
	}

	delete(files, "year.up.sql")
	delete(files, "year.down.sql")
	_, err = parser.Open(files)
	var graph *revision.Fault
	if errors.As(err, &graph) {
		fmt.Printf("%s of %s: %s\n", graph.Kind, graph.ID, graph.Other)
	}
	// Output:
	// year.up.sql, line 2: unknown header key down_revison (did you mean down_revision?)
	// missing parent of a1: a0
}
