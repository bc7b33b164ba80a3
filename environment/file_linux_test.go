package environment

import (
	"strings"
	"syscall"
	"testing"
)

func TestPageRead(t *testing.T) {
	line := strings.Repeat("x", 99) + "\n"
	for _, tt := range []struct{ name, text, want string }{
		{"small", "12\n", "12\n"},
		{"no end of line", "12", "12"},
		{"empty", "", ""},
		{"half a line is none", strings.Repeat(line, 100), strings.Repeat(line, len(page{})/len(line))},
		{"one endless line", strings.Repeat("9", 10_000), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p page
			if got := string(p.read(tree(t, map[string]string{"f": tt.text}) + "/f")); got != tt.want {
				t.Errorf("got %d bytes, want %d", len(got), len(tt.want))
			}
		})
	}
}

// A walk does not wait for whoever put a pipe where the kernel has a file.
func TestPageReadOfAPipe(t *testing.T) {
	name := t.TempDir() + "/pipe"
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip("there are no pipes here:", err)
	}
	var p page
	if got := p.read(name); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}
