package importer

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/parser"
)

// A line of sqitch.plan, see sqitchchanges(7):
//
//	add_users [dep1 !conflict] 2026-01-02T03:04:05Z Ann <ann@example.com> # what it does
//	@v1.0 2026-01-02T03:04:05Z Ann <ann@example.com> # a tag
var (
	sqitchPragma = lazily(`^%([a-z-]+)\s*=\s*(.*?)\s*$`)
	sqitchChange = lazily(`^([+-])?\s*([^\s@#\[%][^\s@\[]*)\s+(?:\[([^\]]*)\]\s+)?(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)\s+[^#]*?(?:#\s*(.*?))?\s*$`)
	sqitchTag    = lazily(`^@(\S+)\s`)
	sqitchTopDir = lazily(`(?m)^\s*top_dir\s*=\s*(\S+)`)
)

const sqitchPlan = "sqitch.plan"

// plan is sqitch.plan while it is read.
type plan struct {
	*reading
	top  string // where its files are
	file string
	all  []*Migration
	// names are those of the files of each change: one that is reworked later has those of
	// the tag before that.
	names []string
	last  map[string]int   // the last change of each name
	tags  map[int][]string // those behind each change
}

// readSqitch reads the plan, and the scripts that it names.
func readSqitch(r *reading) []*Migration {
	p := &plan{reading: r, top: ".", last: map[string]int{}, tags: map[int][]string{}}
	if conf, err := fs.ReadFile(r.fsys, "sqitch.conf"); err == nil {
		if match := sqitchTopDir().FindSubmatch(conf); match != nil {
			p.top = path.Clean(string(match[1]))
		}
	}
	p.file = path.Join(p.top, sqitchPlan)
	if _, err := fs.Stat(r.fsys, p.file); p.top == "." && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, l := range r.read(p.file).lines {
		p.line(l)
	}
	for i, m := range p.all {
		p.scripts(m, p.names[i])
		if i > 0 {
			m.Parents = []string{p.all[i-1].ID}
		}
	}
	if _, err := fs.Stat(r.fsys, path.Join(p.top, "verify")); err == nil {
		r.note(path.Join(p.top, "verify"), 0, "verify scripts are left out: lockstep verify proves what down files do")
	}
	return p.all
}

func (p *plan) line(l line) {
	text := strings.TrimSpace(l.text)
	change := sqitchChange().FindStringSubmatch(text)
	switch {
	case text == "", strings.HasPrefix(text, "#"):
	case strings.HasPrefix(text, "%"):
		if match := sqitchPragma().FindStringSubmatch(text); match != nil && match[1] == "project" {
			p.project = match[2]
		}
	case strings.HasPrefix(text, "@"):
		if match := sqitchTag().FindStringSubmatch(text); match != nil {
			p.tags[len(p.all)-1] = append(p.tags[len(p.all)-1], match[1])
		}
	case change == nil:
		p.fault(p.file, l.number, "not a line of sqitch's plan")
	case change[1] == "-":
		p.fault(p.file, l.number, "a plan that takes a change back can't be translated")
	default:
		p.change(l, change[2], change[3], change[4], change[5])
	}
}

func (p *plan) change(l line, name, needs, at, what string) {
	for need := range strings.FieldsSeq(needs) {
		if strings.Contains(need, ":") {
			p.note(p.file, l.number, "%s needs %s of another project: left out", name, need)
		}
	}
	if !p.rework(l, name) {
		return
	}
	created, _ := time.Parse(time.RFC3339, at)
	message := oneLine(strings.ReplaceAll(what, `\n`, " "))
	if message == "" {
		message = words(name)
	}
	p.last[name] = len(p.all)
	p.names = append(p.names, name)
	p.all = append(p.all, &Migration{ID: p.free(name), Version: name, Message: message, Created: created})
}

// rework gives an earlier change of the same name the scripts of a tag that comes behind it:
// as sqitch does, of the last one for which there is a deploy script. It is false where there
// is no tag.
func (p *plan) rework(l line, name string) bool {
	before, ok := p.last[name]
	if !ok {
		return true
	}
	var tags []string
	for i := len(p.all) - 1; i >= before; i-- {
		tags = append(tags, p.tags[i]...)
	}
	if len(tags) == 0 {
		p.fault(p.file, l.number, "%s is in the plan already, without a tag in between", name)
		return false
	}
	there := slices.IndexFunc(tags, func(tag string) bool {
		_, err := fs.Stat(p.fsys, path.Join(p.top, "deploy", name+"@"+tag+".sql"))
		return err == nil
	})
	p.names[before] = name + "@" + tags[max(there, 0)]
	p.all[before].ID = p.free(p.names[before])
	return true
}

// free is the id of a name that no other change has.
func (p *plan) free(name string) string {
	id := idOf(name)
	for i, m := range p.all {
		if m.ID == id && p.names[i] != name {
			return hashed(id, name)
		}
	}
	return id
}

// scripts reads the two scripts of a change.
func (p *plan) scripts(m *Migration, name string) {
	file := path.Join(p.top, "deploy", name+".sql")
	m.Up = p.half(file)
	file = path.Join(p.top, "revert", name+".sql")
	if _, err := fs.Stat(p.fsys, file); err != nil {
		m.Down = p.noDown(file)
		m.Down.Irreversible = "imported from sqitch: there was no revert script"
		return
	}
	m.Down = p.half(file)
}

func (p *plan) half(file string) Half {
	t := p.read(file)
	for _, offset := range psqlVariables(t.String()) {
		place := 1 + strings.Count(t.String()[:offset], "\n")
		p.fault(file, place, "a variable of psql can't be translated; write what it stands for")
	}
	return p.plain(file, t)
}

// psqlVariables are the places of :name, :'name' and :"name", which psql puts other text in
// the place of. In brackets, a[1:n] is a slice of an array.
func psqlVariables(content string) []int {
	var found []int
	lexer, brackets, colon := parser.NewLexer(content, 0), 0, -1
	for {
		t, err := lexer.Next()
		if err != nil || t.Kind == parser.EOF {
			return found
		}
		names := []parser.TokenKind{parser.Word, parser.String, parser.QuotedIdent}
		if t.Start == colon && slices.Contains(names, t.Kind) && (brackets == 0 || t.Kind != parser.Word) {
			found = append(found, t.Start-1)
		}
		colon = -1
		switch lexer.Text(t) {
		case ":":
			colon = t.End
		case "[":
			brackets++
		case "]":
			brackets--
		}
	}
}

// appliedSqitch reads the changes of the plan's project in the order in which they were
// deployed: they must be the first ones of the plan, in its order.
func appliedSqitch(r *Result, rows [][]string) ([]string, error) {
	deployed := 0
	for _, row := range rows {
		project, name := row[0], row[1]
		switch {
		case project != r.project:
		case deployed == len(r.Migrations):
			return nil, r.refuse("change %s: the plan does not have it", name)
		case r.Migrations[deployed].Version != name:
			return nil, r.refuse("change %s is deployed where the plan has %s", name, r.Migrations[deployed].Version)
		default:
			deployed++
		}
	}
	return r.ids(deployed), nil
}
