package integration

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var (
	namedTest = regexp.MustCompile("`(Test[A-Za-z]+)`")
	testFunc  = regexp.MustCompile(`(?m)^func (Test[A-Za-z]+)\(`)
)

// Each promise in docs/guarantees.md names tests that there are.
func TestGuarantees(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "../*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, m := range testFunc.FindAllStringSubmatch(read(t, file), -1) {
				there[m[1]] = true
			}
		}
	}
	named := namedTest.FindAllStringSubmatch(read(t, "../docs/guarantees.md"), -1)
	if len(named) < 30 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, m := range named {
		if !there[m[1]] {
			t.Errorf("there is no %s", m[1])
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
