package listen

import "testing"

func TestBlankLinesAreNotCounted(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int64
	}{
		{"", 0}, {"\n", 0}, {"\r\n", 0}, {" \t\r\n", 0}, {"   ", 0}, {"\n\n \n", 0},
		{"a", 1}, {" a\n", 1}, {"\r\r\n", 1}, {"a\n\nb", 2}, {"a\nb\n", 2},
	} {
		if n := countLines([]byte(tt.text)); n != tt.want {
			t.Errorf("countLines(%q) = %d, want %d", tt.text, n, tt.want)
		}
	}
}

func TestCountLinesAllocatesNothing(t *testing.T) {
	text := []byte("a 1\r\n \t\nb 2\nc 3")
	if n := testing.AllocsPerRun(100, func() { countLines(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
