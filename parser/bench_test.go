package parser

import (
	"fmt"
	"testing"
)

// BenchmarkOpen reads and checks a thousand pairs of small files from memory.
func BenchmarkOpen(b *testing.B) {
	texts := map[string]string{}
	for i := range 1000 {
		name := fmt.Sprintf("r%d_", i)
		if i > 0 {
			name += fmt.Sprintf("r%d", i-1)
		}
		texts[name+".up.sql"] = fmt.Sprintf("CREATE TABLE t%d (id int);\n", i)
		texts[name+".down.sql"] = fmt.Sprintf("DROP TABLE t%d;\n", i)
	}
	fsys := files(texts)
	for b.Loop() {
		if _, err := Open(fsys); err != nil {
			b.Fatal(err)
		}
	}
}
