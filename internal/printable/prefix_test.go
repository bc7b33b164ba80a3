package printable

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPrefixEndsBetweenCharacters(t *testing.T) {
	for _, tt := range []struct {
		text string
		size int
		want string
	}{
		{"", 0, ""},
		{"a", 0, ""},
		{"abc", 3, "abc"},
		{"abc", 2, "ab"},
		{"aé", 2, "a"},
		{"aéb", 3, "aé"},
		{"€", 1, ""},
		{"€", 2, ""},
		{"a\U0001f600b", 4, "a"},
		{"a\U0001f600b", 5, "a\U0001f600"},
		{strings.Repeat("\xbf", 9), 5, strings.Repeat("\xbf", 5)}, // no character begins there
		{"ab\xff\xfe", 3, "ab\xff"},
	} {
		if got := Prefix(tt.text, tt.size); got != tt.want {
			t.Errorf("Prefix(%q, %d) = %q, want %q", tt.text, tt.size, got, tt.want)
		}
	}
}

func FuzzPrefix(f *testing.F) {
	f.Add("aé€\U0001f600", uint8(3))
	f.Add("\xbf\xbf\xbf\xbf\xbf\xbf", uint8(5))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		got := Prefix(text, int(size))
		if len(got) > int(size) || !strings.HasPrefix(text, got) {
			t.Errorf("Prefix(%q, %d) = %q", text, size, got)
		}
		if len(got) < min(len(text), int(size)-utf8.UTFMax+1) {
			t.Errorf("Prefix(%q, %d) = %q, which is shorter than it may be", text, size, got)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("Prefix(%q, %d) = %q, which is cut inside a character", text, size, got)
		}
	})
}
