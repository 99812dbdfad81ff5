package revision

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The grammar of a target:
//
//	target = [ branch "@" ] ( "heads" | [ symbol ] [ ( "+" | "-" ) digits ] )
//	symbol = "head" | "base" | "current" | id | label | unique prefix of one of these
//	branch = label | id | unique prefix of one of these
//	range  = target { "," target } ":" target
//
// +N alone counts up from what is applied; -N alone, in a downgrade, is the N
// revisions applied last. The whole text must be understood.

// TargetFault is what is wrong with a target.
type TargetFault string

// The faults of targets.
const (
	MalformedTarget TargetFault = "malformed target"
	UnknownRevision TargetFault = "unknown revision"
	AmbiguousPrefix TargetFault = "ambiguous prefix"
	MultipleHeads   TargetFault = "multiple heads"
	AmbiguousWalk   TargetFault = "ambiguous walk"
	OutOfRange      TargetFault = "out of range"
	NotApplied      TargetFault = "not applied"
	NoSuchBranch    TargetFault = "no such branch"
	NotOnBranch     TargetFault = "not on branch"
	NoWayDown       TargetFault = "no way down"
	NotAnAncestor   TargetFault = "not an ancestor"
)

// TargetError says why a target means nothing, or more than one thing, here.
type TargetError struct {
	Fault  TargetFault
	Target string
	// Branch is the name of the branch that the target is not on.
	Branch string
	// Candidates are what the target could mean, where it could mean several.
	Candidates []*Revision
	// Nearest is an existing id or label that may have been meant, or empty.
	Nearest string
}

func (e *TargetError) Error() string {
	switch e.Fault {
	case MultipleHeads:
		return fmt.Sprintf("history has %d heads: %s", len(e.Candidates), describe(e.Candidates))
	case AmbiguousPrefix:
		return fmt.Sprintf("revision %s is ambiguous: %s", e.Target, describe(e.Candidates))
	case AmbiguousWalk:
		return fmt.Sprintf("target %s is ambiguous: it could lead to %s", e.Target, describe(e.Candidates))
	case OutOfRange:
		return fmt.Sprintf("target %s is out of range: there are not that many revisions", e.Target)
	case NotApplied:
		return fmt.Sprintf("revision %s is not applied", e.Target)
	case NoSuchBranch:
		return fmt.Sprintf("no branch %s%s", e.Target, e.didYouMean())
	case NotOnBranch:
		return fmt.Sprintf("revision %s is not on branch %s", e.Target, e.Branch)
	case NoWayDown:
		return fmt.Sprintf("target %s: branch %s does not say which of %s to revert", e.Target, e.Branch, describe(e.Candidates))
	case NotAnAncestor:
		return fmt.Sprintf("range %s: its end does not descend from its beginning", e.Target)
	case UnknownRevision:
		return fmt.Sprintf("no revision %s%s", e.Target, e.didYouMean())
	default:
		return fmt.Sprintf("target %q is not understood", e.Target)
	}
}

func (e *TargetError) didYouMean() string {
	if e.Nearest == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", e.Nearest)
}

// describe lists revisions as "4f1c (add email), 9ab0 (add phone)".
func describe(revisions []*Revision) string {
	out := make([]string, len(revisions))
	for i, r := range revisions {
		out[i] = r.Label()
	}
	return strings.Join(out, ", ")
}

// Label is the id, with the message in parentheses where there is one.
func (r *Revision) Label() string {
	if r.Message == "" {
		return r.ID
	}
	return fmt.Sprintf("%s (%s)", r.ID, r.Message)
}

// target is a parsed target.
type target struct {
	text   string
	branch string // empty for none
	symbol string // empty for a bare +N or -N
	walk   int    // 0 for none
}

func parseTarget(text string) (target, error) {
	malformed := &TargetError{Fault: MalformedTarget, Target: text}
	t := target{text: text, symbol: text}
	if branch, rest, ok := strings.Cut(text, "@"); ok {
		if !ValidID(branch) {
			return t, malformed
		}
		t.branch, t.symbol = branch, rest
	}
	if at := strings.IndexAny(t.symbol, "+-"); at >= 0 {
		n, err := strconv.Atoi(t.symbol[at+1:])
		if err != nil || !allDigits(t.symbol[at+1:]) {
			return t, malformed
		}
		t.walk = n
		if t.symbol[at] == '-' {
			t.walk = -n
		}
		t.symbol = t.symbol[:at]
		if n == 0 && t.symbol == "" {
			t.symbol = "current"
		}
	} else if t.symbol == "" {
		return t, malformed
	}
	if t.symbol != "" && !ValidID(t.symbol) || t.symbol == "heads" && t.walk != 0 {
		return t, malformed
	}
	return t, nil
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// ValidID reports whether an id consists of 1 to 64 of [A-Za-z0-9_].
func ValidID(id string) bool {
	return len(id) >= 1 && len(id) <= 64 && !strings.ContainsFunc(id, func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
}

// SplitRange cuts "a:b" in two. A text without a colon is its end alone; an empty
// start means base.
func SplitRange(text string) (from, to string, isRange bool) {
	from, to, isRange = strings.Cut(text, ":")
	switch {
	case !isRange:
		return "", text, false
	case from == "":
		return "base", to, true
	}
	return from, to, true
}

// Find is the revision that an id, a label, or a unique prefix of one names.
func (h *History) Find(name string) (*Revision, error) {
	if r := h.byName[name]; r != nil {
		return r, nil
	}
	matches := h.where(func(r *Revision) bool {
		return name != "" && (strings.HasPrefix(r.ID, name) ||
			slices.ContainsFunc(r.Labels, func(l string) bool { return strings.HasPrefix(l, name) }))
	})
	switch len(matches) {
	case 1:
		return matches[0], nil
	case 0:
		return nil, &TargetError{Fault: UnknownRevision, Target: name, Nearest: h.nearest(name)}
	}
	return nil, &TargetError{Fault: AmbiguousPrefix, Target: name, Candidates: matches}
}

// Head is the only head; nil for an empty history, an error where there are
// several.
func (h *History) Head() (*Revision, error) {
	head, err := single("head", h.Heads())
	if err != nil || len(head) == 0 {
		return nil, err
	}
	return head[0], nil
}

// single refuses several heads.
func single(text string, heads []*Revision) ([]*Revision, error) {
	if len(heads) > 1 {
		return nil, &TargetError{Fault: MultipleHeads, Target: text, Candidates: heads}
	}
	return heads, nil
}

// Resolve is the revisions that a target means on a database with the given rows:
// none for base, several only for heads and current.
func (h *History) Resolve(text string, applied []Applied) ([]*Revision, error) {
	t, err := parseTarget(text)
	if err != nil {
		return nil, err
	}
	start, err := h.symbol(t, applied)
	if err != nil || t.walk == 0 {
		return start, err
	}
	if len(start) > 1 {
		return nil, &TargetError{Fault: AmbiguousWalk, Target: text, Candidates: start}
	}
	return h.walk(t, start)
}

// Lookup is the revisions that a target means where no database is at hand, as in show
// and history: a bare -N counts down from the heads, and other walks have no meaning.
func (h *History) Lookup(text string) ([]*Revision, error) {
	t, err := parseTarget(text)
	switch {
	case err != nil:
		return nil, err
	case t.walk == 0:
		return h.symbol(t, nil)
	case t.walk > 0 || t.symbol != "":
		return nil, &TargetError{Fault: UnknownRevision, Target: text}
	}
	heads, err := h.onBranch(t.branch, h.Heads())
	var out []*Revision
	for _, head := range heads {
		at, walkErr := h.walk(t, []*Revision{head})
		out, err = append(out, at...), firstOf(err, walkErr)
	}
	return out, err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// symbol resolves a target without its +N or -N.
func (h *History) symbol(t target, applied []Applied) ([]*Revision, error) {
	switch t.symbol {
	case "base":
		_, err := h.onBranch(t.branch, nil)
		return nil, err
	case "heads":
		return h.onBranch(t.branch, h.Heads())
	case "current", "":
		return h.currentOn(t.branch, applied)
	case "head":
		heads, err := h.onBranch(t.branch, h.Heads())
		if err != nil {
			return nil, err
		}
		return single(t.text, heads)
	}
	if _, err := h.onBranch(t.branch, nil); err != nil {
		return nil, err
	}
	r, err := h.Find(t.symbol)
	if err != nil {
		return nil, err
	}
	on, err := h.onBranch(t.branch, []*Revision{r})
	if err == nil && len(on) == 0 {
		err = &TargetError{Fault: NotOnBranch, Target: r.Label(), Branch: t.branch}
	}
	return on, err
}

// currentOn are the tips of what is applied, on a branch where one is named. Where no
// tip is on it they are the tips of that part of the branch which is applied, by itself
// or because something depends on it.
func (h *History) currentOn(branch string, applied []Applied) ([]*Revision, error) {
	on, err := h.onBranch(branch, h.known(Tips(applied)))
	if err != nil || len(on) > 0 || branch == "" {
		return on, err
	}
	all, err := h.onBranch(branch, h.known(ids(applied)))
	return slices.DeleteFunc(slices.Clone(all), func(r *Revision) bool {
		return slices.ContainsFunc(h.children[r.ID], func(c *Revision) bool { return slices.Contains(all, c) })
	}), err
}

// known are the revisions of those ids that the history has.
func (h *History) known(ids []string) []*Revision {
	var out []*Revision
	for _, id := range ids {
		if r := h.byID[id]; r != nil {
			out = append(out, r)
		}
	}
	return out
}

// walk goes from one revision, or from base when there is none, along the only
// way: up to children, of the target's branch where it names one, down to parents.
func (h *History) walk(t target, at []*Revision) ([]*Revision, error) {
	for n := t.walk; n != 0; {
		var next []*Revision
		var err error
		switch {
		case n > 0 && len(at) == 0:
			next, err = h.onBranch(t.branch, h.Bases())
			n--
		case n > 0:
			next, err = h.onBranch(t.branch, h.children[at[0].ID])
			n--
		case len(at) == 0:
			return nil, &TargetError{Fault: OutOfRange, Target: t.text}
		default:
			next = h.known(at[0].Parents)
			n++
		}
		switch {
		case err != nil:
			return nil, err
		case len(next) > 1:
			return nil, &TargetError{Fault: AmbiguousWalk, Target: t.text, Candidates: next}
		case len(next) == 0 && t.walk > 0:
			return nil, &TargetError{Fault: OutOfRange, Target: t.text}
		}
		at = next
	}
	return slices.Clone(at), nil
}

// Range are the revisions of a range "a:b", or of all there is, parents first: those
// that the end needs and that need the beginning, both included. An end that is not
// given is the heads, of the beginning's branch where it names one.
func (h *History) Range(text string) ([]*Revision, error) {
	from, to, isRange := SplitRange(text)
	if text == "" {
		from, to = "base", ""
	} else if !isRange {
		from = "base"
	}
	start, err := parseTarget(from)
	if err != nil {
		return nil, err
	}
	if to == "" {
		to = strings.TrimPrefix(start.branch+"@heads", "@")
	}
	bottom, bottomErr := h.Lookup(from)
	top, err := h.Lookup(to)
	if err := firstOf(bottomErr, err); err != nil {
		return nil, err
	}
	set := h.ancestors(idsOf(top)...)
	if len(bottom) > 0 {
		set = intersection(set, h.descendants(idsOf(bottom)...))
		if len(set) == 0 {
			return nil, &TargetError{Fault: NotAnAncestor, Target: text}
		}
	}
	return h.sorted(set), nil
}

func intersection(a, b map[string]bool) map[string]bool {
	both := map[string]bool{}
	for id := range a {
		if b[id] {
			both[id] = true
		}
	}
	return both
}
