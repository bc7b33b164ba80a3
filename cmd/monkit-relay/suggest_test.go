package main

import (
	"strings"
	"testing"
)

func TestEditsOfDamerauAndLevenshtein(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "ab", 2}, {"ab", "", 2}, {"listen", "listen", 0},
		{"lisen", "listen", 1}, {"listenn", "listen", 1}, {"listan", "listen", 1}, {"lsiten", "listen", 1},
		{"spol", "spool", 1}, {"forwrad", "forward", 1}, {"ca", "abc", 3}, {"abcdef", "bacdfe", 2},
		{"drän", "drain", 2}, {"a", "abcd", 3},
	} {
		if got := edits(tt.a, tt.b); got != tt.want {
			t.Errorf("edits(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := edits(tt.b, tt.a); got != tt.want {
			t.Errorf("edits(%q, %q) = %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

func TestSimilarWordsAreSuggested(t *testing.T) {
	words := []string{"listen", "forward", "http", "demo", "spool", "spool-max", "ls", "cat", "max-age", "help"}
	for in, want := range map[string]string{
		"lisen": "listen", "LISTEN": "listen", "Demo": "demo", "dmeo": "demo", "spol": "spool", "hepl": "help", "sl": "ls", "l": "ls",
		"forwrad": "forward", "frowrad": "forward", "fward": "forward", "maxage": "max-age", "forw": "forward", "spo": "spool",
		"x": "", "listener1": "", "": "", "nonsense": "", "cp": "", "li": "ls", "spool-m": "spool or spool-max",
	} {
		if got := strings.Join(suggestions(in, words), " or "); got != want {
			t.Errorf("suggestions(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzSuggestions(f *testing.F) {
	f.Add("lisen")
	f.Add("\xff-ß")
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range suggestions(s, []string{"listen", "forward", "ls", "demo"}) {
			if n := edits(strings.ToLower(s), w); n > maxEdits && !strings.HasPrefix(w, strings.ToLower(s)) {
				t.Fatalf("%q is suggested for %q, which is %d edits away", w, s, n)
			}
		}
	})
}
