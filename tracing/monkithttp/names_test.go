package monkithttp

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"
)

// TestNamesOfTheHandlerItselfTakeNoPlace returns them from HandlerOptions.Name.
func TestNamesOfTheHandlerItselfTakeNoPlace(t *testing.T) {
	w := newObservedScope(t)
	h := Handler(respond(200), w.Scope, HandlerOptions{Name: func(r *http.Request) string { return r.URL.Path[1:] }, MaxNames: 2})
	for _, path := range []string{"/", "/" + funcName, "/Other%20Requests", "/a", "/b", "/c", "/Other%20Requests", "/" + funcName} {
		serve(h, path)
	}
	for name, want := range map[string]int64{funcName: 3, OtherRequests: 3, "a": 1, "b": 1, "c": 0} {
		if got := w.FuncNamed(name).Success(); got != want {
			t.Errorf("%d requests are called %s, want %d", got, name, want)
		}
	}
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	const most = 8
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"12345678", "12345678"},
		{"123456789", "12345678"},
		{"1234567é", "1234567"},
		{"123456é8", "123456é"},
		{"1234567€", "1234567"},
		{"123456€", "123456"},
		{"12345€", "12345€"},
		{"12345😀", "12345"},
		{"1234😀5", "1234😀"},
		{strings.Repeat("\x80", 20), strings.Repeat("\x80", most)},
		{"1234567\xff8", "1234567\xff"},
	} {
		got := cut(tt.text, most)
		if got != tt.want || utf8.ValidString(tt.text) != utf8.ValidString(got) {
			t.Errorf("%q is cut to %q, want %q", tt.text, got, tt.want)
		}
		if len(got) < len(tt.text) && unsafe.StringData(got) == unsafe.StringData(tt.text) {
			t.Errorf("%q keeps the memory of %q", got, tt.text)
		}
	}
}

// TestSpansOfRequestsHaveWholeCharacters has long names, patterns and paths.
func TestSpansOfRequestsHaveWholeCharacters(t *testing.T) {
	for shift := range 4 {
		long := "/" + strings.Repeat("x", shift) + strings.Repeat("😀", maxText)
		w := newObservedScope(t)
		serve(Handler(respond(200), w.Scope, HandlerOptions{Name: func(*http.Request) string { return long }}), "/")
		if name := w.only(t).Span.Func().ShortName(); !utf8.ValidString(name) || len(name) > maxName || len(name) <= maxName-utf8.UTFMax {
			t.Errorf("the name of %d bytes is %q", len(name), name)
		}
		if got := bounded(long); !utf8.ValidString(got) || len(got) > maxText {
			t.Errorf("the text of %d bytes is %q", len(got), got)
		}
	}
}
