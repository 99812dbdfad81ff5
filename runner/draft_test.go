package runner

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
)

// A draft has the checksum of all that it took, and keeps it as long as it is short.
func TestDraft(t *testing.T) {
	for chunks, whole := range map[int]bool{0: true, mostDrafted / chunkSize: true, mostDrafted/chunkSize + 1: false} {
		d := newDraft()
		var want bytes.Buffer
		for i := range chunks {
			c := newChunk()
			c.size = copy(c.text[:], strings.Repeat(string(rune('a'+i%26)), chunkSize))
			want.Write(c.text[:c.size])
			_ = d.take(c)
		}
		if sum := sha256.Sum256(want.Bytes()); !bytes.Equal(d.sum.Sum(nil), sum[:]) {
			t.Errorf("%d chunks: another checksum", chunks)
		}
		var got bytes.Buffer
		if err := d.writeTo(&got); err != nil {
			t.Fatal(err)
		}
		if d.whole() != whole || whole && !bytes.Equal(got.Bytes(), want.Bytes()) || !whole && got.Len() > 0 {
			t.Errorf("%d chunks: kept %d bytes of %d", chunks, got.Len(), want.Len())
		}
	}
}

// A text that is longer than a chunk is not kept.
func TestDraftOfLarge(t *testing.T) {
	for size, whole := range map[int]bool{chunkSize: true, chunkSize + 1: false} {
		d := newDraft()
		for text := strings.Repeat("x", size); text != ""; {
			c := newChunk()
			text = c.add(text)
			_ = d.take(c)
		}
		if d.whole() != whole {
			t.Errorf("%d bytes: got %t, want %t", size, d.whole(), whole)
		}
	}
}
