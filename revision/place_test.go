package revision

import "testing"

func TestPlaceOf(t *testing.T) {
	text := "ab\nçdé\n"
	for _, c := range []struct {
		offset int
		want   Place
		line   string
	}{
		{0, Place{1, 1}, "ab"},
		{2, Place{1, 3}, "ab"},
		{3, Place{2, 1}, "çdé"},
		{5, Place{2, 2}, "çdé"},
		{6, Place{2, 3}, "çdé"},
		{99, Place{3, 1}, ""},
	} {
		if got := PlaceOf(text, c.offset); got != c.want {
			t.Errorf("PlaceOf(%d): got %v, want %v", c.offset, got, c.want)
		}
		if got := lineAt(text, c.offset); got != c.line {
			t.Errorf("lineAt(%d): got %q, want %q", c.offset, got, c.line)
		}
	}
}

func TestOffsetOf(t *testing.T) {
	for character, want := range map[int]int{1: 0, 2: 2, 3: 3, 4: 5, 9: 5} {
		if got := OffsetOf("çdé", character); got != want {
			t.Errorf("OffsetOf(%d): got %d, want %d", character, got, want)
		}
	}
}
