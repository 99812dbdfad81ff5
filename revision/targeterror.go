package revision

import (
	"fmt"
	"strings"
)

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
	WrongWay        TargetFault = "wrong way"   // -N in an upgrade, +N in a downgrade
	NoDatabase      TargetFault = "no database" // current, where none is asked
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
	case WrongWay:
		return fmt.Sprintf("target %s leads the other way", e.Target)
	case NoDatabase:
		return fmt.Sprintf("target %s is what a database is at, and none is asked here", e.Target)
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
