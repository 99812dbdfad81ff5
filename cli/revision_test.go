package cli

import "testing"

// A message of nothing, such as a variable of a script that is not set, is none.
func TestMessageIsMissing(t *testing.T) {
	beginning(t)
	for _, args := range [][]string{{}, {"-m", ""}, {"--message", " "}} {
		refused(t, "missing: --message=TEXT", append([]string{"revision"}, args...)...)
	}
}
