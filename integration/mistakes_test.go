package integration

import (
	"flag"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// page is docs/errors.md: what it says that lockstep prints, lockstep prints. Each of its
// blocks that begin with "$ lockstep" has to be met by a test, to the letter.
type page struct {
	lock   sync.Mutex
	blocks map[string]bool // whether it was met
}

var block = regexp.MustCompile(`(?m)(?:^    \$ lockstep.*\n)(?:^    .*\n)+`)

func openPage(t *testing.T) *page {
	t.Helper()
	p := &page{blocks: map[string]bool{}}
	for _, b := range block.FindAllString(read(t, "../docs/errors.md"), -1) {
		p.blocks[b] = false
	}
	return p
}

// meet marks the block of a command and what it printed on standard error, and returns an
// error where the page has none.
func (p *page) meet(command, printed string) error {
	text := "    $ " + command + "\n"
	for line := range strings.Lines(printed) {
		text += "    " + line
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if _, ok := p.blocks[text]; !ok {
		return fmt.Errorf("docs/errors.md does not have\n\n%s", text)
	}
	p.blocks[text] = true
	return nil
}

// excuse takes blocks with a text for met.
func (p *page) excuse(text string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	for b := range p.blocks {
		p.blocks[b] = p.blocks[b] || strings.Contains(b, text)
	}
}

// unmet are the blocks that nothing has met.
func (p *page) unmet() []string {
	var out []string
	for b, met := range p.blocks {
		if !met {
			out = append(out, b)
		}
	}
	return out
}

// The page of errors has the very words of lockstep, each reached as a person would.
func TestErrorsPage(t *testing.T) {
	t.Parallel()
	p := openPage(t)
	t.Cleanup(func() { // all parallel ones are done by then
		if chosen := flag.Lookup("test.run").Value.String(); !t.Failed() && !strings.Contains(chosen, "/") {
			for _, b := range p.unmet() {
				t.Errorf("nothing prints what docs/errors.md has\n\n%s", b)
			}
		}
	})
	t.Run("sessions", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir: "testdata/mistakes", RequireExplicitExec: true, Setup: setUpSession,
			Cmds: map[string]func(*testscript.TestScript, bool, []string){"says": p.says},
		})
	})
	t.Run("wrong password", func(t *testing.T) {
		t.Parallel()
		t.Cleanup(func() {
			if t.Skipped() { // there are no programs for a server of its own
				p.excuse("SQLSTATE: 28P01")
			}
		})
		p.runs(t, strings.Replace(passwordServer(t), ":right@", ":mistaken@", 1), "asked", "status")
	})
	t.Run("no rights", func(t *testing.T) {
		t.Parallel()
		database := newDatabase(t)
		name, asRole := role(t, database)
		execute(t, database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
		p.runs(t, asRole, name, "upgrade")
	})
}

// says runs lockstep and looks its words up on the page; with "!" it has to fail.
func (p *page) says(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[0], args[1:]...)
	if (err != nil) != neg {
		ts.Fatalf("got %v: %s", err, ts.ReadFile("stderr"))
	}
	words := args
	for i, word := range args {
		if strings.Contains(word, " ") {
			words[i] = "'" + word + "'"
		}
	}
	ts.Check(p.meet(strings.Join(words, " "), steady(ts.ReadFile("stderr"), ts.Getenv("DATABASE_URL"), "")))
}

// runs is says where a session can't get to.
func (p *page) runs(t *testing.T, database, user, command string) {
	t.Helper()
	process := start(t, database, []migration{{id: "a1", up: "CREATE TABLE book (id int);"}}, command)
	if process.wait(t) == 0 {
		t.Errorf("%s: got exit code 0", command)
	}
	if err := p.meet("lockstep "+command, steady(process.err.String(), database, user)); err != nil {
		t.Error(err)
	}
}

// What differs from run to run, and what the page has instead.
var (
	aPID  = regexp.MustCompile(`pid [0-9]+|backend\([0-9]+\)`)
	aTime = regexp.MustCompile(`(?m)^[0-9:]{8} | (for|pause=|run for) ?[0-9.]+m?s`)
	// where libpq looks by itself
	socketDirectory = regexp.MustCompile(`on (/private)?/tmp as`)
	aPeer           = regexp.MustCompile(` from [0-9.:]+ for`)
)

// steady is a text with the database, the address and the user of the page.
func steady(text, database, user string) string {
	u, err := url.Parse(database)
	if err != nil || database == "" {
		return text
	}
	address := u.Query().Get("host")
	if address == "" {
		address = net.JoinHostPort(u.Hostname(), u.Port())
	}
	if user == "" {
		user = u.User.Username()
	}
	text = strings.NewReplacer(address, "db:5432", strings.TrimPrefix(u.Path, "/"), "library",
		"as "+user, "as app", `"`+user+`"`, `"app"`).Replace(text)
	text = aPeer.ReplaceAllString(text, " for")
	text = aTime.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasPrefix(s, " for") {
			return " for 2s"
		}
		return "09:31:02 "
	})
	text = socketDirectory.ReplaceAllString(text, "on /var/run/postgresql as")
	return aPID.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasPrefix(s, "pid") {
			return "pid 4711"
		}
		return "backend(4711)"
	})
}
