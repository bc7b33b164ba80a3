package environment

import (
	"strings"
	"syscall"
	"testing"
)

func TestPageReadReturnsWholeLines(t *testing.T) {
	line := strings.Repeat("x", 99) + "\n"
	for _, tt := range []struct{ name, text, want string }{
		{"small", "12\n", "12\n"},
		{"no line end", "12", "12"},
		{"empty", "", ""},
		{"a line that does not fit is left out", strings.Repeat(line, 100), strings.Repeat(line, len(page{})/len(line))},
		{"one line that does not fit", strings.Repeat("9", 10_000), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p page
			if got := string(p.read(tree(t, map[string]string{"f": tt.text}) + "/f")); got != tt.want {
				t.Errorf("got %d bytes, want %d", len(got), len(tt.want))
			}
		})
	}
}

// A pipe in the place of a file of the kernel must not block a walk.
func TestPageReadDoesNotBlockOnAPipe(t *testing.T) {
	name := t.TempDir() + "/pipe"
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip("pipes are not supported:", err)
	}
	var p page
	if got := p.read(name); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}
