package loglimit

import (
	"strings"
	"testing"
)

func TestCut(t *testing.T) {
	a := strings.Repeat("a", 196)
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{a + "bcde", a + "bcde"},
		{a + "bcdef", a + "bcde…"},
		{a + "bcdé", a + "bcd…"},
		{a + "bc€", a + "bc…"},
		{a + "b\U0001f600", a + "b…"},
		{a + "\U0001f600", a + "\U0001f600"},
		{a + "\U0001f600!", a + "\U0001f600…"},
		{a + strings.Repeat("\xbf", 100), a + "\xbf\xbf\xbf\xbf…"}, // no character begins there
		{"\xff" + a + "bcdefg", "\xff" + a + "bcd…"},
	} {
		if got := Cut(tt.text); got != tt.want {
			t.Errorf("Cut(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}
