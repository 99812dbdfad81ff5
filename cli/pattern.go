package cli

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first needed: a run needs few of
// them, if any, and should not begin with all.
type pattern func() *regexp.Regexp

// lazily is not inlined, or the program would have what sync.OnceValue does once for each call.
//
//go:noinline
func lazily(expression string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
