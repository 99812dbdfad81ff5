package revision

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The grammar of a target:
//
//	target = "heads" | [ symbol ] [ ( "+" | "-" ) digits ]
//	symbol = "head" | "base" | "current" | id | unique prefix of an id
//	range  = target ":" target
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
)

// TargetError says why a target means nothing, or more than one thing, here.
type TargetError struct {
	Fault  TargetFault
	Target string
	// Candidates are what the target could mean, where it could mean several.
	Candidates []*Revision
	// Nearest is an existing id that may have been meant, or empty.
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
	case UnknownRevision:
		if e.Nearest != "" {
			return fmt.Sprintf("no revision %s (did you mean %s?)", e.Target, e.Nearest)
		}
		return fmt.Sprintf("no revision %s", e.Target)
	default:
		return fmt.Sprintf("target %q is not understood", e.Target)
	}
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
	symbol string // empty for a bare +N or -N
	walk   int    // 0 for none
}

func parseTarget(text string) (target, error) {
	t := target{text: text, symbol: text}
	if at := strings.IndexAny(text, "+-"); at >= 0 {
		n, err := strconv.Atoi(text[at+1:])
		if err != nil || !allDigits(text[at+1:]) {
			return t, &TargetError{Fault: MalformedTarget, Target: text}
		}
		t.symbol, t.walk = text[:at], n
		if text[at] == '-' {
			t.walk = -n
		}
		if n == 0 && t.symbol == "" {
			t.symbol = "current"
		}
	} else if text == "" {
		return t, &TargetError{Fault: MalformedTarget, Target: text}
	}
	if t.symbol != "" && !ValidID(t.symbol) || t.symbol == "heads" && t.walk != 0 {
		return t, &TargetError{Fault: MalformedTarget, Target: text}
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

// Find is the revision that an id or a unique prefix of one names.
func (h *History) Find(name string) (*Revision, error) {
	if r := h.byID[name]; r != nil {
		return r, nil
	}
	matches := h.where(func(r *Revision) bool { return name != "" && strings.HasPrefix(r.ID, name) })
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
	heads := h.Heads()
	switch len(heads) {
	case 0:
		return nil, nil
	case 1:
		return heads[0], nil
	}
	return nil, &TargetError{Fault: MultipleHeads, Target: "head", Candidates: heads}
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

// symbol resolves a target without its +N or -N.
func (h *History) symbol(t target, applied []Applied) ([]*Revision, error) {
	switch t.symbol {
	case "base":
		return nil, nil
	case "heads":
		return h.Heads(), nil
	case "current", "":
		return h.known(Tips(applied)), nil
	case "head":
		head, err := h.Head()
		if head == nil {
			return nil, err
		}
		return []*Revision{head}, nil
	}
	r, err := h.Find(t.symbol)
	if err != nil {
		return nil, err
	}
	return []*Revision{r}, nil
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
// way: up to children, down to parents.
func (h *History) walk(t target, at []*Revision) ([]*Revision, error) {
	for n := t.walk; n != 0; {
		var next []*Revision
		switch {
		case n > 0 && len(at) == 0:
			next, n = h.Bases(), n-1
		case n > 0:
			next, n = h.children[at[0].ID], n-1
		case len(at) == 0:
			return nil, &TargetError{Fault: OutOfRange, Target: t.text}
		default:
			next, n = h.known(at[0].Parents), n+1
		}
		if len(next) > 1 {
			return nil, &TargetError{Fault: AmbiguousWalk, Target: t.text, Candidates: next}
		}
		if len(next) == 0 && t.walk > 0 {
			return nil, &TargetError{Fault: OutOfRange, Target: t.text}
		}
		at = next
	}
	return slices.Clone(at), nil
}
