package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

type upgradeCmd struct {
	Target string `arg:"" default:"head" help:"Where to go: head, heads, a revision, +N, or FROM:TO with --sql. Default: head."`

	upgradeFlags `embed:""`

	runFlags `embed:""`
}

// upgradeFlags are what an upgrade takes for right.
type upgradeFlags struct {
	OutOfOrder bool   `help:"Apply revisions below applied ones too."`
	IfAhead    string `enum:"fail,warn,ok" default:"fail" env:"LOCKSTEP_IF_AHEAD" placeholder:"WHAT" help:"What to do when the database has revisions that no file has: fail, warn or ok. Default: ${default}."`
}

func (f upgradeFlags) accept(resume bool) revision.Accept {
	return revision.Accept{OutOfOrder: f.OutOfOrder, Ahead: f.IfAhead != "fail", Resume: resume}
}

type downgradeCmd struct {
	Target       string `arg:"" help:"Where to go: base, a revision, -N, or FROM:TO with --sql."`
	FromDatabase bool   `help:"Revert revisions that no file has, too, with the down scripts that the version table has kept. They are shown first."`
	Yes          bool   `help:"With --from-database: don't ask."`

	runFlags `embed:""`
}

func (c *upgradeCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	o := order{
		settings: s, config: config, streams: streams, flags: c.runFlags,
		direction: revision.Up, target: c.Target, accept: c.accept(c.Resume), quietAhead: c.IfAhead == "ok",
	}
	return o.carryOut(ctx)
}

func (c *downgradeCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	o := order{
		settings: s, config: config, streams: streams, flags: c.runFlags,
		direction: revision.Down, target: c.Target, accept: revision.Accept{Resume: c.Resume}, quietAhead: true,
		fromDatabase: c.FromDatabase, yes: c.Yes,
	}
	return o.carryOut(ctx)
}

// order is one upgrade or downgrade.
type order struct {
	settings   *settings
	config     *config
	streams    Streams
	history    *revision.History // when the files are read
	flags      runFlags
	direction  revision.Direction
	target     string
	accept     revision.Accept
	quietAhead bool // say nothing of revisions that no file has

	fromDatabase bool           // use the scripts that the version table has kept
	yes          bool           // ... without a question
	confirmed    *revision.Plan // the plan whose scripts were shown

	began  time.Time // of the run
	warned bool      // of the database
	told   bool      // of the plan
}

// carryOut checks the files before the flags. Only run needs a database.
func (o *order) carryOut(ctx context.Context) error {
	fault := o.contradiction()
	if fault == nil && !o.flags.SQL {
		return o.run(ctx)
	}
	var err error
	if o.history, err = o.settings.openKeeping(); err != nil {
		return err
	}
	if fault != nil {
		return fault
	}
	o.settings.tellEmpty(o.history, o.streams)
	return o.print(ctx)
}

// contradiction is an error where flags don't go together.
func (o *order) contradiction() error {
	_, _, isRange := revision.SplitRange(o.target)
	switch {
	case o.flags.SQL && o.flags.JSON:
		return settingFault("%s: --sql prints a script, --json reports a run; give one of them", o.direction)
	case o.flags.SQL && o.fromDatabase:
		return settingFault("downgrade --sql: --from-database shows its scripts before it runs them; leave --sql out")
	case o.flags.SQL:
		return nil
	case isRange:
		return settingFault("%s %s: a range is for --sql; the database itself says where it is", o.direction, o.target)
	case o.flags.Output != "" || o.flags.Plain:
		return settingFault("%s: --output and --plain are for --sql", o.direction)
	}
	return nil
}

// plan plans in the direction of the order.
func (o *order) plan(applied []revision.Applied, target string) (revision.Plan, error) {
	if o.direction == revision.Down {
		return o.history.Downgrade(applied, target, o.accept)
	}
	return o.history.Upgrade(applied, target, o.accept)
}

// print writes the script of the order. Nothing is written before all of it is
// known.
func (o *order) print(ctx context.Context) error {
	from, to, isRange := revision.SplitRange(o.target)
	if !isRange && o.direction == revision.Down {
		return settingFault("downgrade --sql: say where the database is, FROM:%s", to)
	}
	if !isRange {
		from = "base"
		o.streams.say("hint", "the script begins at base; for one that begins where the database is: lockstep upgrade --sql current:%s", to)
	}
	applied, err := o.start(ctx, from)
	if err != nil {
		return err
	}
	plan, err := o.plan(applied, to)
	if err != nil {
		return err
	}
	write := func(out io.Writer) error {
		return runner.WriteScript(out, plan, runner.ScriptOptions{
			Options: o.settings.addTo(o.options()), Plain: o.flags.Plain,
			Range: fmt.Sprintf("%s %s -> %s", o.direction, orBase(revision.Tips(applied)), orBase(revision.Tips(plan.After(applied)))),
		})
	}
	if o.flags.Output != "" {
		return writeAtomically(o.flags.Output, write)
	}
	return buffered(o.streams.Out, write)
}

// options are those of the flags.
func (o *order) options() runner.Options {
	return runner.Options{
		LockTimeout: o.flags.LockTimeout, StatementTimeout: o.flags.StatementTimeout, LockRetries: o.flags.LockRetries,
	}
}

// start is what is applied where a script begins. Only "current" asks a database.
func (o *order) start(ctx context.Context, from string) ([]revision.Applied, error) {
	if from != "current" {
		return o.history.At(from)
	}
	state, err := o.settings.state(ctx, o.config, o.streams)
	return state.Applied, err
}

// run reads the files and carries the order out on a database.
func (o *order) run(ctx context.Context) error {
	lines := newProgress(o)
	defer lines.end()
	options := o.options()
	options.Begin, options.Done, options.Progress = lines.begin, lines.done, lines.running
	options.Check = o.check
	open := o.settings.open
	if o.direction == revision.Up {
		open = o.settings.openUp
	}
	h, session, err := o.settings.both(ctx, o.config, o.streams, open, options)
	if err != nil {
		return err
	}
	defer session.close()
	o.history = h
	if o.fromDatabase {
		if err := o.prepareStored(ctx, session); err != nil {
			return err
		}
	}
	o.began = time.Now()
	result, err := session.Run(ctx, func(applied []revision.Applied) (revision.Plan, error) {
		plan, err := o.plan(applied, o.target)
		err = errors.Join(err, o.within(plan))
		o.warn(plan.Status)
		return plan, err
	})
	if err != nil {
		return o.stopped(ctx, session, result, err)
	}
	o.summary(result)
	if o.flags.JSON {
		err = printJSON(o.streams.Out, resultJSON(o.direction, result, nil))
	}
	return errors.Join(err, o.dump(ctx))
}

// check reads the down files of a plan that were not read yet, and tells of files without SQL.
func (o *order) check(plan revision.Plan) error {
	o.warnEmpty(plan)
	revisions := make([]*revision.Revision, len(plan.Steps))
	for i, s := range plan.Steps {
		revisions[i] = s.Revision
	}
	return parser.ReadDown(revisions...)
}

// dump writes the schema to a file where that was asked for.
func (o *order) dump(ctx context.Context) error {
	if o.flags.DumpSchema == "" {
		return nil
	}
	return o.settings.dumpTo(ctx, o.config, o.streams, o.flags.PgDump, o.flags.DumpSchema)
}

// warn says once what is surprising about the database and accepted.
func (o *order) warn(status revision.Status) {
	if o.warned {
		return
	}
	o.warned = true
	if len(status.Unknown) > 0 {
		o.settings.tellEmpty(o.history, o.streams)
	}
	for _, a := range status.Cosmetic {
		o.streams.say("warning", "%s: comments or spacing changed after revision %s was applied",
			o.history.Get(a.ID).Up.Name, a.ID)
	}
	for _, a := range status.Reparented {
		o.streams.say("warning", "%s: down_revision is %s now and was %s when revision %s was applied",
			o.history.Get(a.ID).Up.Name, orBase(o.history.Get(a.ID).Parents), orBase(a.Parents), a.ID)
	}
	if len(status.Unknown) > 0 && o.accept.Ahead && !o.quietAhead {
		o.streams.say("warning", "%s", &revision.AheadError{Unknown: status.Unknown})
	}
}

// warnEmpty says once which files of a plan have no SQL, as new ones don't. A merge needs
// none. Later plans of a run are parts of the first one.
func (o *order) warnEmpty(plan revision.Plan) {
	if o.told {
		return
	}
	o.told = true
	for _, s := range plan.Steps {
		scan, err := s.Script().Scan()
		if err == nil && scan.Statements == 0 && len(s.Revision.Parents) < 2 {
			o.streams.say("warning", "%s: the file has no SQL", s.Script().Name)
		}
	}
}

// stopped says what a run that ended in an error has done, and returns the error.
func (o *order) stopped(ctx context.Context, session *session, result runner.Result, err error) error {
	stop := &stopError{direction: o.direction, done: result.Done, err: err}
	if step, ok := unfinishedStep(err); ok {
		indexes := session.InvalidIndexes(context.WithoutCancel(ctx), step) // a person wants to know it now
		if is[*runner.InvalidIndexError](indexes) {
			stop.indexes = indexes
		}
	}
	if o.flags.JSON {
		return errors.Join(stop, printJSON(o.streams.Out, resultJSON(o.direction, result, err)))
	}
	return stop
}

// unfinishedStep is the step that an error says is unfinished, if one is.
func unfinishedStep(err error) (revision.Step, bool) {
	var unfinished *revision.UnfinishedError
	var step *runner.StepError
	switch {
	case errors.As(err, &unfinished) && unfinished.Revision != nil:
		return unfinished.Step(), true
	case errors.As(err, &step) && step.Recorded:
		return step.Step, true
	}
	return revision.Step{}, false
}
