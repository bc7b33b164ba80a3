package naming

import (
	"slices"
	"strings"
	"testing"
)

func TestUniqueNumbersTakenNames(t *testing.T) {
	for _, tt := range []struct{ name, taken, want string }{
		{"a", "", "a"},
		{"a", "b a#2", "a"},
		{"a", "a", "a#2"},
		{"a", "a a#2", "a#3"},
		{"a", "a a#3", "a#2"},
		{"a#2", "a#2", "a#2#2"},
	} {
		taken := strings.Fields(tt.taken)
		got := Unique(tt.name, func(name string) bool { return slices.Contains(taken, name) })
		if got != tt.want {
			t.Errorf("Unique(%q) with %q taken = %q, want %q", tt.name, taken, got, tt.want)
		}
	}
}
