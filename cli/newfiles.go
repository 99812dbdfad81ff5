package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

// newFiles is how new files are named.
type newFiles struct {
	FileTemplate string `default:"{date}_{time}_{rev}_{slug}" placeholder:"NAME" env:"LOCKSTEP_FILE_TEMPLATE" help:"Name of new files. Default: ${default}."`
	JSON         bool   `name:"json" help:"Report as JSON."`
}

// placeholders are what a template may have.
var placeholders = strings.NewReplacer("{date}", "", "{time}", "", "{rev}", "", "{slug}", "")

// Validate is for kong. It refuses what would lead out of the directory, or to a file that is not
// read.
func (f newFiles) Validate() error {
	plain := placeholders.Replace(f.FileTemplate)
	if f.FileTemplate == "" || strings.HasPrefix(f.FileTemplate, ".") || strings.ContainsAny(plain, `/\{}`) ||
		strings.ContainsFunc(plain, unicode.IsControl) {
		return fmt.Errorf("--file-template: %q is no name of a file: it may have {date}, {time}, {rev} and {slug}, "+
			`no other braces, no / or \, and no dot to begin with`, f.FileTemplate)
	}
	return nil
}

// name is the name of new files, without the endings.
func (f newFiles) name(h parser.Header) string {
	return strings.NewReplacer(
		"{date}", h.Created.Format("20060102"),
		"{time}", h.Created.Format("1504"),
		"{rev}", h.Revision,
		"{slug}", slug(h.Message),
	).Replace(f.FileTemplate)
}

// slug is a message as a part of a file name: letters and digits of any script,
// everything else one underscore, at most 40 characters.
func slug(message string) string {
	words := strings.FieldsFunc(strings.ToLower(message), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
	letters := []rune(strings.Join(words, "_"))
	return strings.TrimRight(string(letters[:min(len(letters), 40)]), "_")
}

// checkNames refuses an id, unless it is empty, and labels that no new revision can have.
func checkNames(h *revision.History, id string, labels []string) error {
	if id != "" {
		if err := checkName(h, "--rev-id", id); err != nil {
			return err
		}
	}
	for i, label := range labels {
		if label == id || slices.Contains(labels[:i], label) {
			return settingFault("--branch-label: %s is given twice", label)
		}
		if err := checkName(h, "--branch-label", label); err != nil {
			return err
		}
	}
	return nil
}

func checkName(h *revision.History, flag, name string) error {
	r, err := h.Find(name) // or one that begins so
	switch {
	case !revision.ValidID(name):
		return settingFault("%s: %q is not 1 to 64 of A-Z, a-z, 0-9 and _", flag, name)
	case revision.Reserved(name):
		return settingFault("%s: the word %s is reserved for targets", flag, name)
	case err == nil && (r.ID == name || slices.Contains(r.Labels, name)):
		return settingFault("%s: revision %s has the name %s", flag, r.Label(), name)
	}
	return nil
}
