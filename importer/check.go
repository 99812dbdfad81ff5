package importer

import (
	"errors"
	"strings"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

// Texts are the two files of a migration.
func (m *Migration) Texts() (up, down string) {
	return m.header(m.Up).Format() + "\n" + m.Up.String(), m.downHeader().Format() + "\n" + m.Down.String()
}

func (m *Migration) header(h Half) parser.Header {
	return parser.Header{
		Revision: m.ID, DownRevision: m.Parents, DependsOn: m.DependsOn, BranchLabels: m.Labels,
		Message: m.Message, Created: m.Created, NoTransaction: h.NoTransaction, Irreversible: h.Irreversible,
	}
}

// downHeader has none of the keys that stand in up files only.
func (m *Migration) downHeader() parser.Header {
	h := m.header(m.Down)
	h.DependsOn, h.BranchLabels = nil, nil
	return h
}

// check reads the result as lockstep does. Faults have their places in the files that were
// imported.
func (r *Result) check() parser.Faults {
	var faults parser.Faults
	revisions := make([]*revision.Revision, len(r.Migrations))
	files := map[string]string{} // by the names of scripts
	for i, m := range r.Migrations {
		up, down := m.Texts()
		rev := &revision.Revision{ID: m.ID, Parents: m.Parents, DependsOn: m.DependsOn, Labels: m.Labels}
		var more parser.Faults
		rev.Up, more = m.Up.check(m.ID+".up.sql", up)
		faults = append(faults, more...)
		rev.Down, more = m.Down.check(m.ID+".down.sql", down)
		faults = append(faults, more...)
		files[rev.Up.Name] = m.Up.file
		revisions[i] = rev
	}
	return append(faults, historyFaults(revisions, files)...)
}

// historyFaults say why revisions are no history.
func historyFaults(revisions []*revision.Revision, files map[string]string) parser.Faults {
	_, err := revision.New(revisions)
	found, _ := revision.AsFaults(err)
	var faults parser.Faults
	for _, f := range found {
		file := f.File
		if f.Other != "" && files[f.Other] != "" {
			f.Other = files[f.Other]
		}
		f.File, f.Line = files[file], 0
		message := strings.TrimPrefix(f.Error(), f.File+": ")
		faults = append(faults, &parser.Fault{File: f.File, Message: message})
	}
	return faults
}

// check reads a half as lockstep does.
func (h Half) check(name, content string) (revision.Script, parser.Faults) {
	script, err := parser.Parse(name, content)
	if err == nil {
		_, err = script.Scan()
	}
	var faults parser.Faults
	errors.As(err, &faults)
	if err != nil && faults == nil {
		faults = parser.Faults{{File: name, Message: err.Error()}}
	}
	before := strings.Count(content, "\n") - strings.Count(h.String(), "\n") // lines of the header
	for _, f := range faults {
		f.File, f.Line = h.file, h.lineAt(f.Line-before)
		if f.Line == 0 {
			f.Column, f.Source = 0, ""
		}
	}
	return script, faults
}

// faultOf is a fault of a file that stands in no line of it.
func faultOf(file, message string) *parser.Fault { return &parser.Fault{File: file, Message: message} }
