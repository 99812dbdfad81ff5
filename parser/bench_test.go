package parser

import (
	"fmt"
	"strings"
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

// BenchmarkScan reads a script of 32 MB as before it runs: bytes, statements, rules,
// checksums.
func BenchmarkScan(b *testing.B) {
	const size = 32 << 20
	insert := "INSERT INTO public.film VALUES (1, 'Academy Dinosaur', '2006-02-15 05:03:42', 20.99, NULL);\n"
	row := "1\tAcademy Dinosaur\t\\N\t20.99\n"
	for name, text := range map[string]string{
		"inserts": strings.Repeat(insert, size/len(insert)),
		"copy":    "COPY film FROM stdin;\n" + strings.Repeat(row, size/len(row)) + "\\.\n",
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := scriptOf(text, false).Scan(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHeader reads a header as most are.
func BenchmarkHeader(b *testing.B) {
	const text = "-- revision: ae1027a6acf2\n-- down_revision: 1975ea83b712\n-- message: add year\n-- created: 2026-11-20T09:30:00Z\n\nSELECT 1;\n"
	for b.Loop() {
		if _, err := ParseHeader("a.up.sql", text); err != nil {
			b.Fatal(err)
		}
	}
}
