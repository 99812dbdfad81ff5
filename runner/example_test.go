package runner_test

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing/fstest"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// The script of an upgrade, for review or for psql. It needs no database: At says where the
// one that it is meant for stands.
func ExampleWriteScript() {
	history, err := parser.Open(fstest.MapFS{
		"book.up.sql":   {Data: []byte("-- revision: a1\n-- down_revision:\n-- message: create book\n\nCREATE TABLE book (id int);\n")},
		"book.down.sql": {Data: []byte("-- revision: a1\n-- down_revision:\n\nDROP TABLE book;\n")},
		"year.up.sql":   {Data: []byte("-- revision: a2\n-- down_revision: a1\n-- message: add year\n\nALTER TABLE book ADD COLUMN year int;\n")},
		"year.down.sql": {Data: []byte("-- revision: a2\n-- down_revision: a1\n\nALTER TABLE book DROP COLUMN year;\n")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	applied, err := history.At("a1")
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := history.Upgrade(applied, "head", revision.Accept{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var script bytes.Buffer
	if err := runner.WriteScript(&script, plan, runner.ScriptOptions{Options: runner.Options{Tool: "1.0"}, Range: "a1:head"}); err != nil {
		fmt.Println(err)
		return
	}
	for lines := bufio.NewScanner(&script); lines.Scan(); {
		line := lines.Text() // the guard and the bookkeeping are longer than this page
		if strings.HasPrefix(line, "-- lockstep") || strings.HasPrefix(line, "-- upgrade") || strings.HasSuffix(line, "COMMIT;") {
			fmt.Println(line)
		}
	}
	// Output:
	// -- lockstep 1.0: a1:head
	// -- upgrade a1 -> a2  add year
	// DISCARD SEQUENCES; COMMIT;
}
