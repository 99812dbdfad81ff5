package runner

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// ScriptOptions say how a script is written. The zero value is for psql.
type ScriptOptions struct {
	// Options are those of the runs that the script stands for.
	Options
	// Plain leaves out psql's own commands, for other clients.
	Plain bool
	// Range says in the heading where the script begins and ends.
	Range string
}

// errPlain says why a plain script can't be written.
var errPlain = errors.New("a script with steps outside a transaction needs psql: without ON_ERROR_STOP they would run after a guard has failed")

// errRows says the same of one with rows.
var errRows = errors.New("a script with the rows of a COPY needs psql, which knows where they end")

// WriteScript writes the text that carries out a plan with psql: byte for byte what
// [Runner.Run] sends, after a heading. It is the same for the same plan, and needs no
// database. Nothing is written before all of it was made once, for the heading has its checksum;
// a long one is made again to be written, so that it needs no memory.
func WriteScript(out io.Writer, plan revision.Plan, o ScriptOptions) error {
	if o.Plain {
		if err := checkPlain(plan); err != nil {
			return err
		}
	}
	r := newRenderer(o.Options)
	if o.Plain {
		r.checkEach = r.store.Check()
	}
	body := &draft{sum: sha256.New()}
	size, err := writeBody(body, r, plan, o.Plain)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, heading(r, plan, o, size, body.sum.Sum(nil))); err != nil {
		return err
	}
	if body.long {
		_, err = writeBody(out, r, plan, o.Plain)
		return err
	}
	_, err = out.Write(body.text)
	return err
}

// draft makes the checksum of a text, and keeps it if it is short.
type draft struct {
	sum  hash.Hash
	text []byte
	long bool
}

// How long a text may be, in bytes, to be kept rather than made again: as a whole, and a step of it. Nothing is
// kept of a large file, which is promised to need little memory.
const (
	longestDraft = 12 << 20
	longestPart  = 256 << 10
)

func (d *draft) Write(text []byte) (int, error) {
	_, _ = d.sum.Write(text) // a hash never fails
	if d.long = d.long || len(text) > longestPart || len(d.text)+len(text) > longestDraft; d.long {
		d.text = nil
		return len(text), nil
	}
	d.text = append(d.text, text...)
	return len(text), nil
}

// checkPlain says why a plan's script needs psql, if it does.
func checkPlain(plan revision.Plan) error {
	for _, s := range plan.Steps {
		scan, err := s.Script().Scan()
		switch {
		case err != nil:
			return err
		case s.Script().NoTransaction:
			return fmt.Errorf("%s: %w", s.Script().Name, errPlain)
		case scan.Rows:
			return fmt.Errorf("%s: %w", s.Script().Name, errRows)
		}
	}
	return nil
}

// writeBody writes all that comes after the heading, and returns how many bytes of it are the files'. A script from
// base makes the store in its first step, any other one checks it here.
func writeBody(out io.Writer, r renderer, plan revision.Plan, plain bool) (size int, err error) {
	begin := r.sql(sql.Session, nil)
	if plain || len(plan.Steps) == 0 || plan.Steps[0].FromNothing {
		begin += r.store.CheckSession()
	} else {
		begin += r.store.Check() + r.sql(sql.CallCheckSession, nil)
	}
	if _, err := io.WriteString(out, begin); err != nil {
		return 0, err
	}
	for i, s := range plan.Steps {
		progress := fmt.Sprintf("%d/%d %s %s", i+1, len(plan.Steps), s.Revision.ID, s.Revision.Message)
		if _, err := io.WriteString(out, "\n"+announcement(strings.TrimSpace(progress), plain)); err != nil {
			return 0, err
		}
		n, err := writeStep(out, r, s)
		if err != nil {
			return 0, err
		}
		size += n
	}
	return size, nil
}

// writeStep writes a step, and returns how many bytes of it are the file's.
func writeStep(out io.Writer, r renderer, s revision.Step) (size int, err error) {
	for m, err := range r.step(s) {
		if err == nil {
			_, err = io.WriteString(out, m.text)
		}
		if err != nil {
			return 0, err
		}
		if m.at >= 0 && !s.Script().NoTransaction {
			size += len(m.piece.Text)
		}
	}
	if s.Script().NoTransaction { // its messages have parts of pieces
		text, err := s.Script().Text()
		return len(text), err
	}
	return size, nil
}

// announcement is the line before a step, which psql prints.
func announcement(progress string, plain bool) string {
	if plain {
		return "-- " + lineEnds.Replace(progress) + "\n"
	}
	return `\echo '` + inEcho.Replace(progress) + "'\n"
}

// inEcho are what an argument of a psql command has in another way.
var inEcho = strings.NewReplacer(`'`, `''`, `\`, `\\`, "\n", " ", "\r", " ")

// psqlSettings are what a script relies on: it ends at the first error, and prints little.
const psqlSettings = `\set ON_ERROR_STOP on \set ON_ERROR_ROLLBACK off \set AUTOCOMMIT on \set QUIET on` + "\n"

// heading is what stands above the steps.
func heading(r renderer, plan revision.Plan, o ScriptOptions, size int, sum []byte) string {
	var b strings.Builder
	if !o.Plain {
		b.WriteString(psqlSettings + unset(plan))
	}
	fmt.Fprintf(&b, "-- lockstep %s: %s\n%s", r.Tool, o.Range, summary(r.store, plan, size))
	for i, s := range plan.Steps {
		fmt.Fprintf(&b, "-- %d. %s\n", i+1, lineEnds.Replace(strings.TrimSpace(s.Revision.ID+" "+s.Revision.Message)))
	}
	fmt.Fprintf(&b, "-- sha256 of all that follows this line: %x\n", sum)
	return b.String()
}

// summary says how much there is to do, and on what database.
func summary(store sql.Store, plan revision.Plan, size int) string {
	var irreversible []string
	for _, s := range plan.Steps {
		if s.Direction == revision.Up && s.Revision.Down.Irreversible != "" {
			irreversible = append(irreversible, s.Revision.ID)
		}
	}
	steps, files := "1 step", "1 file"
	if n := len(plan.Steps); n != 1 {
		steps, files = fmt.Sprintf("%d steps", n), fmt.Sprintf("%d files", n)
	}
	return fmt.Sprintf("-- %s, %s of %d bytes, irreversible: %s\n"+
		"-- For a database at %s (%s, scope %s); any other stays unchanged.\n"+
		"-- A step is one transaction: begin_ takes a lock or stops, compares what is applied; end_ records the file,\n"+
		"-- or stops if that ended its transaction. After an error earlier steps stay: go on from there.\n",
		steps, files, size, cmp.Or(list(irreversible), "none"),
		cmp.Or(list(plan.Status.Current), base), store.Table(), store.ScopeName())
}

// unset makes sure that psql puts nothing in the place of what looks like one of its
// variables in the files.
func unset(plan revision.Plan) string {
	seen := map[string]bool{}
	var b strings.Builder
	for _, s := range plan.Steps {
		scan, err := s.Script().Scan()
		if err != nil {
			continue // was reported when the step was rendered
		}
		for _, name := range scan.Variables {
			if !seen[name] {
				seen[name] = true
				b.WriteString("\\unset " + name + "\n")
			}
		}
	}
	return b.String()
}
