package revision

import (
	"slices"
	"strconv"
	"strings"
)

// The grammar of a target:
//
//	target = [ branch "@" ] ( "heads" | [ symbol ] [ ( "+" | "-" ) digits ] )
//	symbol = "head" | "base" | "current" | id | label | unique prefix of one of these
//	branch = label | id
//	range  = target { "," target } ":" target
//
// +N alone counts up from what is applied; -N alone, in a downgrade, is the N
// revisions applied last. The whole text must be understood.

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

// parseOffline parses a target where no database is at hand.
func parseOffline(text string) (target, error) {
	t, err := parseTarget(text)
	if err == nil && t.symbol == "current" {
		err = &TargetError{Fault: NoDatabase, Target: text}
	}
	return t, err
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// ValidID reports whether an id consists of 1 to 64 of [A-Za-z0-9_].
func ValidID(id string) bool {
	for i := range len(id) {
		if c := id[i]; c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return id != "" && len(id) <= 64
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
		return nil, &TargetError{Fault: UnknownRevision, Target: name, Nearest: h.nearestTarget(name)}
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
	return h.resolve(t, applied)
}

func (h *History) resolve(t target, applied []Applied) ([]*Revision, error) {
	on, err := h.onBranch(t.branch)
	if err != nil {
		return nil, err
	}
	start, err := h.symbol(t, on, applied)
	if err != nil || t.walk == 0 {
		return start, err
	}
	if len(start) > 1 {
		return nil, &TargetError{Fault: AmbiguousWalk, Target: t.text, Candidates: start}
	}
	return h.walk(t, on, start)
}

// Lookup is the revisions that a target means where no database is at hand, as in show
// and history: a bare -N counts down from the heads. Other walks, and current, have no meaning.
func (h *History) Lookup(text string) ([]*Revision, error) {
	t, err := parseOffline(text)
	if err != nil {
		return nil, err
	}
	on, err := h.onBranch(t.branch)
	switch {
	case err != nil:
		return nil, err
	case t.walk == 0:
		return h.symbol(t, on, nil)
	case t.walk > 0 || t.symbol != "":
		return nil, &TargetError{Fault: UnknownRevision, Target: text}
	}
	var out []*Revision
	for _, head := range on(h.Heads()) {
		at, err := h.walk(t, on, []*Revision{head})
		if err != nil {
			return nil, err
		}
		out = append(out, at...)
	}
	return out, nil
}

// symbol resolves a target without its +N or -N.
func (h *History) symbol(t target, on filter, applied []Applied) ([]*Revision, error) {
	switch t.symbol {
	case "base":
		return nil, nil
	case "heads":
		return on(h.Heads()), nil
	case "current", "":
		return h.currentOn(on, applied), nil
	case "head":
		return single(t.text, on(h.Heads()))
	}
	r, err := h.Find(t.symbol)
	if err != nil {
		return nil, err
	}
	if len(on([]*Revision{r})) == 0 {
		return nil, &TargetError{Fault: NotOnBranch, Target: r.Label(), Branch: t.branch}
	}
	return []*Revision{r}, nil
}

// currentOn are the tips of what is applied on a branch. Where none of them is on it they
// are the tips of that part of the branch which is applied because something else needs
// it.
func (h *History) currentOn(on filter, applied []Applied) []*Revision {
	if found := on(h.known(Tips(applied))); len(found) > 0 {
		return found
	}
	part := on(h.known(ids(applied)))
	in := map[*Revision]bool{}
	for _, r := range part {
		in[r] = true
	}
	return slices.DeleteFunc(slices.Clone(part), func(r *Revision) bool {
		return slices.ContainsFunc(h.children[r.ID], func(c *Revision) bool { return in[c] })
	})
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
func (h *History) walk(t target, on filter, at []*Revision) ([]*Revision, error) {
	for range max(t.walk, -t.walk) {
		next := h.next(t, on, at)
		switch {
		case len(next) > 1:
			return nil, &TargetError{Fault: AmbiguousWalk, Target: t.text, Candidates: next}
		case len(next) == 0 && (t.walk > 0 || len(at) == 0):
			return nil, &TargetError{Fault: OutOfRange, Target: t.text}
		}
		at = next
	}
	return slices.Clone(at), nil
}

// next are the revisions that one step of a walk could lead to; none is base.
func (h *History) next(t target, on filter, at []*Revision) []*Revision {
	switch {
	case t.walk > 0 && len(at) == 0:
		return on(h.Bases())
	case t.walk > 0:
		return on(h.children[at[0].ID])
	case len(at) == 0:
		return nil
	}
	return h.known(at[0].Parents)
}

// Range are the revisions of a range "a:b", or of all there is, parents first: those
// that the end needs and that need the beginning, both included. An end that is not
// given is the heads, of the beginning's branch where it names one.
func (h *History) Range(text string) ([]*Revision, error) {
	from, to, isRange := SplitRange(text)
	if !isRange {
		from = "base"
	}
	if to == "" {
		branch, _, named := strings.Cut(from, "@")
		to = "heads"
		if named {
			to = branch + "@heads"
		}
	}
	bottom, err := h.Lookup(from)
	if err != nil {
		return nil, err
	}
	top, err := h.Lookup(to)
	if err != nil {
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
