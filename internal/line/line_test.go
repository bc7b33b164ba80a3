package line

import "testing"

func TestCutDropsTheLineEnd(t *testing.T) {
	for _, tt := range []struct{ text, line, rest string }{
		{"a\n", "a", ""},
		{"a\r\nb\n", "a", "b\n"},
		{"\n\n", "", "\n"},
		{"\r\n", "", ""},
		{"a\r\r\n", "a\r", ""},
	} {
		line, rest := Cut([]byte(tt.text))
		if string(line) != tt.line || string(rest) != tt.rest {
			t.Errorf("Cut(%q) = %q, %q, want %q, %q", tt.text, line, rest, tt.line, tt.rest)
		}
		if _ = append(line, "xx"...); len(rest) > 0 && rest[0] == 'x' {
			t.Errorf("Cut(%q) returns a line with room for more", tt.text)
		}
	}
}

func TestWholeEndsBehindTheLastLineFeed(t *testing.T) {
	for text, want := range map[string]int{"": 0, "a": 0, "\n": 1, "a\n": 2, "a\nb": 2, "a\nb\n": 4} {
		if got := Whole([]byte(text)); got != want {
			t.Errorf("Whole(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestBlankLinesHaveNothingButSpace(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, " ": true, "\t \t": true, "\r": true, " \r": true, "\r\r": false, "\r ": false, "a": false, " a": false, "#": false, "\v": false,
	} {
		if got := Blank([]byte(text)); got != want {
			t.Errorf("Blank(%q) = %v, want %v", text, got, want)
		}
	}
}
