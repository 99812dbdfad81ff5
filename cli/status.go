package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/sql"
)

type statusCmd struct {
	JSON     bool `name:"json" help:"Report as JSON."`
	ExitCode bool `help:"Exit with 3 when revisions are pending, 4 when files changed, 8 when the database is ahead, 1 when a script is unfinished."`
}

func (c *statusCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	h, session, err := s.both(ctx, config, streams, s.open, runner.Options{})
	if err != nil {
		return err
	}
	defer session.close()
	s.tellEmpty(h, streams)
	state, err := s.read(ctx, session, streams)
	if err != nil {
		return err
	}
	if err := s.tellStore(ctx, session, state, streams); err != nil {
		return err
	}
	holder, err := session.Holder(ctx)
	if err != nil {
		return err
	}
	status, err := h.Status(state.Applied)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(streams.Out, statusReport(s.store(), h, state, status, holder))
	} else {
		err = printStatus(streams, s.store(), h, state, status, holder)
	}
	if err == nil && c.ExitCode && statusCode(status) != CodeDone {
		return silent(statusCode(status))
	}
	return err
}

// statusCode is the exit code of status --exit-code: the gravest of what is the case.
func statusCode(s revision.Status) Code {
	switch {
	case len(s.Changed) > 0:
		return CodeChanged
	case len(s.Unknown) > 0:
		return CodeAhead
	case len(s.Unfinished) > 0:
		return CodeError
	case len(s.Pending) > 0:
		return CodePending
	}
	return CodeDone
}

func printStatus(streams Streams, store sql.Store, h *revision.History, state runner.State, s revision.Status, holder *lock.Holder) error {
	fmt.Fprintf(streams.Out, "database %s%s is at %s: %d applied, %d pending", state.Database, storeNote(store), labels(h, s.Current), s.Finished, len(s.Pending))
	if len(s.Unfinished) > 0 {
		fmt.Fprintf(streams.Out, ", %d unfinished", len(s.Unfinished))
	}
	fmt.Fprintln(streams.Out)
	if holder != nil {
		fmt.Fprintf(streams.Out, "at work now: %s\n", holder)
	}
	t := newTable(streams.Out)
	for _, a := range s.Applied {
		t.row("  "+appliedWord(s, a), a.ID, a.Message, appliedFacts(a))
	}
	for _, r := range s.Pending {
		t.row("  "+pendingWord(s, r), r.ID, r.Message)
	}
	return t.flush()
}

// storeNote says which version table a status is about, if it is not the usual one.
func storeNote(store sql.Store) string {
	text := ""
	if store.SchemaName() != sql.DefaultSchema {
		text += ", schema " + store.SchemaName()
	}
	if store.ScopeName() != sql.DefaultScope {
		text += ", scope " + store.ScopeName()
	}
	return text
}

// appliedWord says in a word or two how an applied revision stands to its file.
func appliedWord(s revision.Status, a revision.Applied) string {
	is := func(list []revision.Applied) bool {
		return slices.ContainsFunc(list, func(b revision.Applied) bool { return a.ID == b.ID })
	}
	switch {
	case a.State != revision.Done:
		return fmt.Sprintf("unfinished (%s, %s done)", a.State, count(a.StatementsDone, "statement"))
	case is(s.Unknown):
		return "unknown"
	case is(s.Changed):
		return "changed"
	case is(s.Reparented):
		return "re-parented"
	case is(s.Cosmetic):
		return "applied (comments changed)"
	case a.Origin == revision.Stamped:
		return "stamped"
	}
	return "applied"
}

// appliedFacts says when, by whom, from where, and how long it took.
func appliedFacts(a revision.Applied) string {
	facts := fmt.Sprintf("%s by %s", a.At.Local().Format("2006-01-02 15:04:05"), a.By)
	if a.From != "" {
		facts += " from " + a.From
	}
	if a.Origin == revision.Ran && a.State == revision.Done {
		facts += " in " + short(a.Took)
	}
	return facts
}

func pendingWord(s revision.Status, r *revision.Revision) string {
	if slices.Contains(s.OutOfOrder, r) {
		return "out of order"
	}
	return "pending"
}

// appliedJSON is a row of the version table in the reports for programs.
type appliedJSON struct {
	Revision       string    `json:"revision"`
	DownRevision   []string  `json:"down_revision"`
	DependsOn      []string  `json:"depends_on,omitempty"`
	Message        string    `json:"message"`
	Origin         string    `json:"origin"`
	State          string    `json:"state"`
	StatementsDone int       `json:"statements_done,omitempty"`
	AppliedAt      time.Time `json:"applied_at"`
	AppliedBy      string    `json:"applied_by"`
	AppliedFrom    string    `json:"applied_from,omitempty"`
	Microseconds   int64     `json:"microseconds"`
	ToolVersion    string    `json:"tool_version"`
	Checksum       string    `json:"checksum"`
}

// statusJSON is what status reports to programs. Lists are never null.
type statusJSON struct {
	Database   string         `json:"database"`
	Schema     string         `json:"schema"`
	Scope      string         `json:"scope"`
	Current    []string       `json:"current"`
	Applied    []appliedJSON  `json:"applied"`
	Pending    []revisionJSON `json:"pending"`
	OutOfOrder []string       `json:"out_of_order"`
	Changed    []string       `json:"changed"`
	Cosmetic   []string       `json:"changed_in_comments"`
	Reparented []string       `json:"reparented"`
	Unknown    []string       `json:"unknown"`
	Unfinished []string       `json:"unfinished"`
	AtWork     string         `json:"at_work,omitempty"`
}

func statusReport(store sql.Store, h *revision.History, state runner.State, s revision.Status, holder *lock.Holder) statusJSON {
	j := statusJSON{
		Database: state.Database, Schema: store.SchemaName(), Scope: store.ScopeName(), Current: notNil(s.Current), Applied: []appliedJSON{},
		Pending: allJSON(h, s.Pending), OutOfOrder: idsOfRevisions(s.OutOfOrder),
		Changed: idsOf(s.Changed), Cosmetic: idsOf(s.Cosmetic), Reparented: idsOf(s.Reparented),
		Unknown: idsOf(s.Unknown), Unfinished: idsOf(s.Unfinished),
	}
	if holder != nil {
		j.AtWork = holder.String()
	}
	for _, a := range s.Applied {
		j.Applied = append(j.Applied, appliedJSON{
			Revision: a.ID, DownRevision: notNil(a.Parents), DependsOn: a.DependsOn, Message: a.Message,
			Origin: string(a.Origin), State: string(a.State), StatementsDone: a.StatementsDone,
			AppliedAt: a.At, AppliedBy: a.By, AppliedFrom: a.From,
			Microseconds: a.Took.Microseconds(), ToolVersion: a.Tool, Checksum: a.Checksum,
		})
	}
	return j
}

func idsOf(applied []revision.Applied) []string {
	out := make([]string, len(applied))
	for i, a := range applied {
		out[i] = a.ID
	}
	return out
}

type currentCmd struct {
	CheckHeads bool `help:"Exit with 3 when a head is not applied."`
	JSON       bool `name:"json" help:"Report as JSON."`
}

func (c *currentCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	h, err := s.openTelling(streams)
	if err != nil {
		return err
	}
	state, err := s.state(ctx, config, streams)
	if err != nil {
		return err
	}
	status, err := h.Status(state.Applied)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(streams.Out, map[string]any{"database": state.Database, "current": notNil(status.Current)})
	} else {
		printCurrent(streams, h, state, status)
	}
	if err == nil && c.CheckHeads {
		return checkHeads(streams, h, status)
	}
	return err
}

func printCurrent(streams Streams, h *revision.History, state runner.State, status revision.Status) {
	if len(status.Current) == 0 {
		streams.say("note", "database %s is at base: nothing is applied", state.Database)
	}
	for _, id := range status.Current {
		fmt.Fprintf(streams.Out, "%s%s\n", labels(h, []string{id}), currentNote(h, status, id))
	}
}

// checkHeads says which heads are not applied.
func checkHeads(streams Streams, h *revision.History, status revision.Status) error {
	var missing []string
	for _, head := range h.Heads() {
		if slices.Contains(status.Pending, head) {
			missing = append(missing, head.Label())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	streams.say("note", "not applied: %s", strings.Join(missing, ", "))
	return silent(CodePending)
}

// currentNote says what is particular about a current revision.
func currentNote(h *revision.History, s revision.Status, id string) string {
	switch {
	case slices.Contains(idsOf(s.Unfinished), id):
		return "  (unfinished)"
	case h.Get(id) == nil:
		return "  (unknown: no file has it)"
	case len(h.Children(id)) == 0:
		return "  (head)"
	}
	return ""
}
