package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// storedDir stands before the names of scripts that the version table has kept.
const storedDir = "version table/"

// prepareStored makes ready for a run with the scripts that the version table has kept.
func (o *order) prepareStored(ctx context.Context, session *session) error {
	state, err := o.settings.read(ctx, session, o.streams)
	if err != nil {
		return err
	}
	if err := o.addStored(ctx, session, state.Applied); err != nil {
		return err
	}
	return o.confirm(ctx, state.Applied)
}

// addStored adds to the history the revisions that only the database has, with their down
// scripts as they were when these were applied. A target of head is then still the head of
// the files: to it goes who rolls back.
func (o *order) addStored(ctx context.Context, session *session, applied []revision.Applied) error {
	if o.target == "head" || o.target == "heads" {
		head, err := o.history.Head()
		if err != nil {
			return err
		}
		o.target = "base"
		if head != nil {
			o.target = head.ID
		}
	}
	status, err := o.history.Status(applied)
	if err != nil {
		return err
	}
	stored, err := storedRevisions(ctx, session, status.Unknown)
	if err != nil || len(stored) == 0 {
		return err
	}
	o.history, err = revision.New(slices.Concat(o.history.Revisions(), stored))
	return err
}

// storedRevisions are rows as revisions.
func storedRevisions(ctx context.Context, session *session, rows []revision.Applied) ([]*revision.Revision, error) {
	scripts, err := session.DownScripts(ctx, idsOf(rows)...)
	if err != nil {
		return nil, err
	}
	var revisions []*revision.Revision
	for _, row := range rows {
		down, err := parser.Parse(storedDir+row.ID+".down.sql", scripts[row.ID])
		if err != nil {
			down.Source = unreadable{down.Source, err} // which matters if it is to run
		}
		revisions = append(revisions, row.Revision(down))
	}
	return revisions, nil
}

// unreadable is a script that can be shown and must not run.
type unreadable struct {
	revision.Source
	err error
}

func (u unreadable) Scan() (revision.Scan, error) { return revision.Scan{}, u.err }

// confirm shows the stored scripts that a run would use, and asks whether it may. Where
// nobody can be asked, --yes is the answer, or there is none.
func (o *order) confirm(ctx context.Context, applied []revision.Applied) error {
	plan, err := o.plan(applied, o.target)
	if err != nil {
		return err
	}
	shown, err := showStored(o.streams, plan)
	if err != nil || shown == 0 {
		return err
	}
	o.confirmed = &plan
	switch {
	case o.yes:
		return nil
	case !isTerminal(o.streams.In):
		return settingFault("downgrade --from-database: say --yes to run these scripts")
	}
	fmt.Fprintf(o.streams.Err, "Run %s as shown? [y/N] ", count(shown, "script"))
	return yes(ctx, o.streams.In)
}

// yes reads an answer, and returns an error unless it is yes.
func yes(ctx context.Context, in io.Reader) error {
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case a := <-answer:
		if a != "y" && a != "yes" {
			return errors.New("nothing was done")
		}
		return nil
	}
}

// showStored prints the scripts of a plan that the version table has kept, and counts them.
func showStored(streams Streams, plan revision.Plan) (shown int, err error) {
	for _, s := range plan.Steps {
		if !strings.HasPrefix(s.Script().Name, storedDir) {
			continue
		}
		text, err := s.Script().Text()
		if err != nil {
			return shown, err
		}
		streams.show(s.Script().Name+", as it was when it was applied:", visible(indented(text)))
		shown++
	}
	return shown, nil
}

// visible is a text in which nothing can hide from who reads it on a terminal.
func visible(text string) string {
	var b strings.Builder
	for _, c := range text {
		if unicode.IsControl(c) && c != '\n' && c != '\t' {
			fmt.Fprintf(&b, "\\x%02x", c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// within refuses a plan with steps that were not in the one that was confirmed.
func (o *order) within(plan revision.Plan) error {
	if o.confirmed == nil || plan.Within(*o.confirmed) {
		return nil
	}
	return &runner.MovedError{Found: "other revisions were applied after the scripts were shown"}
}
