package runner

import (
	"bytes"
	"crypto/sha256"
	"io"
	"strings"
	"testing"
)

// A draft has the checksum of all that was written, and keeps it as long as it is short.
func TestDraft(t *testing.T) {
	line := strings.Repeat("x", 1<<20-1) + "\n"
	for lines, whole := range map[int]bool{0: true, mostDrafted >> 20: true, mostDrafted>>20 + 1: false} {
		d := newDraft()
		for range lines {
			if _, err := io.WriteString(d, line); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.buffer.Flush(); err != nil {
			t.Fatal(err)
		}
		want := strings.Repeat(line, lines)
		if sum := sha256.Sum256([]byte(want)); !bytes.Equal(d.sum.Sum(nil), sum[:]) {
			t.Errorf("%d lines: another checksum", lines)
		}
		var got strings.Builder
		if err := d.writeTo(&got); err != nil {
			t.Fatal(err)
		}
		if d.whole() != whole || whole && got.String() != want || !whole && got.Len() > 0 {
			t.Errorf("%d lines: kept %d bytes of %d", lines, got.Len(), len(want))
		}
	}
}
