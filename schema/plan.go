package schema

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Plan is a way from one schema to another.
type Plan struct {
	// Statements are what was found to lead there, without semicolons.
	Statements []Statement
	// Left are the objects that are still different behind it; none where the plan is proven.
	Left []Difference
}

// Statement is one statement of a plan.
type Statement struct {
	SQL string
	// Warnings are what a person should know before it runs.
	Warnings []string
	// Instead is what may have been meant, such as a RENAME, as SQL.
	Instead string
}

// mostRounds bounds how often what is still different is looked at. What four do not settle, more
// will not.
const mostRounds = 4

// planner turns a working database into the wanted one, a statement at a time, and keeps the
// statements that worked. What pg_dump says is still different decides what is next, so no
// statement is ever believed to have done anything.
type planner struct {
	lab        *Lab
	work       string // its URL
	conn       *pgconn.PgConn
	wanted     Snapshot
	have       Snapshot
	seen       int // statements that have is behind; -1 before the first look
	wantedCat  catalog
	statements []Statement
}

// Plan changes the working database so that it becomes like the wanted one, as far as that
// can be done, and tells how.
func (l *Lab) Plan(ctx context.Context, work, want string) (Plan, error) {
	p := &planner{lab: l, work: work, seen: -1}
	defer p.disconnect(ctx)
	if err := p.readWanted(ctx, want); err != nil {
		return Plan{}, err
	}
	var left []Difference
	for range mostRounds {
		before := len(p.statements)
		if err := p.round(ctx); err != nil {
			return Plan{}, err
		}
		left = Compare(p.have, p.wanted)
		if len(left) == 0 || len(p.statements) == before {
			break
		}
	}
	return Plan{Statements: p.statements, Left: left}, nil
}

func (p *planner) readWanted(ctx context.Context, want string) (err error) {
	if p.wanted, err = p.lab.Snapshot(ctx, want); err != nil {
		return err
	}
	conn, err := connectPlain(ctx, want)
	if err != nil {
		return err
	}
	p.wantedCat, err = readCatalog(ctx, conn)
	return errors.Join(err, conn.Close(ctx))
}

// round goes once over all that is different: what must go, what can be altered, what is
// missing, and what is said of objects.
func (p *planner) round(ctx context.Context) error {
	for _, phase := range []func(context.Context) error{p.dropGone, p.alter, p.create, p.describe} {
		if err := p.look(ctx); err != nil || len(Compare(p.have, p.wanted)) == 0 {
			return err
		}
		if err := phase(ctx); err != nil {
			return err
		}
	}
	return p.look(ctx)
}

// look reads what the working database is by now, if it has changed.
func (p *planner) look(ctx context.Context) (err error) {
	if p.seen == len(p.statements) {
		return nil
	}
	p.seen = len(p.statements)
	p.have, err = p.lab.Snapshot(ctx, p.work)
	return err
}

// connectPlain opens a session whose search_path finds nothing but PostgreSQL's own, so that
// names are written with their schemas.
func connectPlain(ctx context.Context, url string) (*pgconn.PgConn, error) {
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	const settings = "SET search_path = pg_catalog; SET check_function_bodies = off; SET client_min_messages = error"
	if _, err := conn.Exec(ctx, settings).ReadAll(); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

func (p *planner) connect(ctx context.Context) (err error) {
	if p.conn == nil {
		p.conn, err = connectPlain(ctx, p.work)
	}
	return err
}

func (p *planner) disconnect(ctx context.Context) {
	if p.conn != nil {
		_ = p.conn.Close(context.WithoutCancel(ctx)) // the database goes anyway
		p.conn = nil
	}
}

// try runs a statement on the working database and keeps it if it worked.
func (p *planner) try(ctx context.Context, s Statement) error {
	if err := p.connect(ctx); err != nil {
		return err
	}
	if _, err := p.conn.Exec(ctx, s.SQL).ReadAll(); err != nil {
		return err
	}
	p.statements = append(p.statements, s)
	return nil
}

// tryAll runs statements in turn, and those that failed again as long as that helps: one may
// need another.
func (p *planner) tryAll(ctx context.Context, statements []Statement) (failed []Statement) {
	for {
		failed = nil
		for _, s := range statements {
			if p.try(ctx, s) != nil {
				failed = append(failed, s)
			}
		}
		if len(failed) == 0 || len(failed) == len(statements) {
			return failed
		}
		statements = failed
	}
}

// tryEach runs statements once, each whatever became of the others.
func (p *planner) tryEach(ctx context.Context, statements []string) {
	for _, s := range statements {
		_ = p.try(ctx, Statement{SQL: s}) // what is left is seen in the next round
	}
}

// inPlace are the types of objects that the catalog has in parts, to be altered one by one.
var inPlace = []string{"TABLE", "FOREIGN TABLE", "TYPE", "DOMAIN", "SEQUENCE", "SCHEMA", "EXTENSION"}

// replaced are the types of objects for which CREATE OR REPLACE may do.
var replaced = []string{"FUNCTION", "PROCEDURE", "VIEW"}

// described are the facts about objects that are written anew, over what is there; said are
// those of them that are never made or dropped otherwise.
var (
	described = append([]string{"DEFAULT", "ROW SECURITY", "SEQUENCE OWNED BY"}, said...)
	said      = []string{"COMMENT", "ACL", "DEFAULT ACL"}
)

// dropGone drops what is not wanted any more, and what has to be made anew.
func (p *planner) dropGone(ctx context.Context) error {
	var gone []Entry
	for _, d := range Compare(p.have, p.wanted) {
		t := d.Entry().Type
		switch {
		case d.Entry().isViewBody():
		case d.Kind == Changed && d.Have.isIdentity() != d.Want.isIdentity():
			gone = append(gone, d.Have)
		case d.Kind == Unexpected && !slices.Contains(said, t),
			d.Kind == Changed && !slices.Contains(slices.Concat(inPlace, replaced, described), t):
			gone = append(gone, d.Have)
		}
	}
	return p.drop(ctx, gone)
}

// drop drops objects, the last ones that were made first, and before them what hangs on them.
func (p *planner) drop(ctx context.Context, gone []Entry) error {
	failed := p.tryAll(ctx, p.drops(gone, false))
	if len(failed) == 0 {
		return nil
	}
	hanging, err := p.hangingOn(ctx, failed)
	if err != nil {
		return err
	}
	p.tryAll(ctx, p.drops(hanging, true))
	p.tryAll(ctx, failed)
	return nil
}

// drops are the statements that drop entries, without those that go with others of them;
// foreign keys, by which tables can hold each other, if they are asked for.
func (p *planner) drops(gone []Entry, keys bool) []Statement {
	place := map[string]int{}
	for i, e := range p.have.Entries {
		place[e.Key()] = i
	}
	slices.SortFunc(gone, func(a, b Entry) int { return place[b.Key()] - place[a.Key()] })
	going, wanted := map[string]bool{}, p.wanted.byKey()
	for _, e := range gone {
		if o := e.object(); o != "" {
			going[o] = true
		}
	}
	var out []Statement
	for _, e := range gone {
		drop := e.drop()
		goes := going[e.owner()] && (!keys || e.Type != "FK CONSTRAINT")
		if drop == "" || goes || e.Type == "INDEX ATTACH" || e.isViewBody() {
			continue
		}
		_, again := wanted[e.Key()]
		out = append(out, Statement{SQL: drop, Warnings: lossOf(e, again), Instead: p.renameOf(e)})
	}
	return out
}

// hangingOn are the entries, besides, that vanish when statements are run with CASCADE, which
// is tried on a copy: what hangs on what, PostgreSQL knows.
func (p *planner) hangingOn(ctx context.Context, statements []Statement) ([]Entry, error) {
	p.disconnect(ctx)
	copied, err := p.lab.copy(ctx, p.work)
	if err != nil {
		return nil, err
	}
	conn, err := connectPlain(ctx, copied)
	if err != nil {
		return nil, err
	}
	for _, s := range statements {
		_, _ = conn.Exec(ctx, s.SQL+" CASCADE").ReadAll() // what fails takes nothing with it
	}
	if err := conn.Close(ctx); err != nil {
		return nil, err
	}
	rest, err := p.lab.Snapshot(ctx, copied)
	if err != nil {
		return nil, err
	}
	if err := p.look(ctx); err != nil {
		return nil, err
	}
	remains := rest.byKey()
	var vanished []Entry
	for _, e := range p.have.Entries {
		if _, ok := remains[e.Key()]; !ok {
			vanished = append(vanished, e)
		}
	}
	return vanished, nil
}

// create makes what is missing, in the order in which pg_dump would, and replaces what can be
// replaced.
func (p *planner) create(ctx context.Context) error {
	there := p.have.byKey()
	var missing []Statement
	for _, e := range p.wanted.Entries {
		have, ok := there[e.Key()]
		switch {
		case !ok && !slices.Contains(said, e.Type):
			missing = append(missing, p.creations(e)...)
		case ok && e.isViewBody() && have.SQL != e.SQL:
			missing = append(missing, p.creations(e)...)
		case ok && slices.Contains(replaced, e.Type) && !have.same(e):
			if err := p.replace(ctx, have, e); err != nil {
				return err
			}
		}
	}
	p.tryAll(ctx, missing)
	return nil
}

// creations are the statements that make an object. What pg_dump would fill later is filled.
func (p *planner) creations(e Entry) []Statement {
	var warnings []string
	checks := e.Type == "CONSTRAINT" || e.Type == "FK CONSTRAINT" || strings.HasPrefix(e.SQL, "CREATE UNIQUE INDEX")
	if table := e.owner(); checks && p.have.has(table) {
		warnings = []string{"reads all rows, and fails where one does not fit"}
	}
	var out []Statement
	for _, s := range e.statements() {
		if e.Type == "MATERIALIZED VIEW" {
			s = strings.TrimSuffix(s, "\n  WITH NO DATA")
		}
		out = append(out, Statement{SQL: s, Warnings: warnings})
	}
	return out
}

// replace puts a function or view in the place of another one; where it has other columns,
// say, the old one is dropped with all that hangs on it, to be made again.
func (p *planner) replace(ctx context.Context, have, want Entry) error {
	statements := want.statements()
	first := strings.Replace(statements[0], "CREATE ", "CREATE OR REPLACE ", 1)
	if p.try(ctx, Statement{SQL: first}) == nil {
		p.tryEach(ctx, statements[1:])
		return nil
	}
	if err := p.drop(ctx, []Entry{have}); err != nil {
		return err
	}
	p.tryEach(ctx, statements)
	return nil
}

// describe writes comments, privileges and the like, over what is there.
func (p *planner) describe(ctx context.Context) error {
	for _, d := range Compare(p.have, p.wanted) {
		t := d.Entry().Type
		switch {
		case !slices.Contains(described, t):
			continue
		case t == "ACL" || t == "DEFAULT ACL":
			p.tryAll(ctx, grants(d))
		case d.Kind == Unexpected:
			p.tryAll(ctx, []Statement{{SQL: d.Have.drop()}})
		default:
			p.tryEach(ctx, d.Want.statements())
		}
	}
	return nil
}

// grants take back the privileges that are not wanted and grant the others.
func grants(d Difference) []Statement {
	have, want := d.Have.statements(), d.Want.statements()
	var out []Statement
	for _, s := range have {
		if !slices.Contains(want, s) && s != "" {
			out = append(out, Statement{SQL: opposite(s)})
		}
	}
	for _, s := range want {
		if !slices.Contains(have, s) && s != "" {
			out = append(out, Statement{SQL: s, Warnings: []string{"the role must be there"}})
		}
	}
	return out
}

// opposite undoes a GRANT, or a REVOKE.
func opposite(statement string) string {
	swap := strings.NewReplacer("GRANT ", "REVOKE ", "REVOKE ", "GRANT ", " TO ", " FROM ", " FROM ", " TO ", " WITH GRANT OPTION", "")
	return swap.Replace(statement)
}
