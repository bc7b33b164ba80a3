package monkit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// panickyArg panics when it is formatted as an argument.
type panickyArg struct{}

func (panickyArg) GoString() string { panic("no") }

func TestArgIsFormattedAsSource(t *testing.T) {
	m, p := map[string]int{"a": 1}, new(int)
	for _, tt := range []struct {
		name string
		arg  interface{}
		want string
	}{
		{"string", "a\"b", `"a\"b"`},
		{"number", 7, "7"},
		{"float", 1.5, "1.5"},
		{"nil", nil, "nil"},
		{"bytes", []byte{1, 0xab}, "01ab"},
		{"time", time.Unix(0, 5).UTC(), "1970-01-01T00:00:00.000000005Z"},
		{"list", []interface{}{1, "a"}, `{1, "a"}`},
		{"plain struct", struct{ A, B int }{1, 2}, "struct { A int; B int }{A:1, B:2}"},
		{"array", [2]bool{true}, "[2]bool{true, false}"},
		{"map is not read", m, fmt.Sprintf("(map[string]int)(%p)", m)},
		{"pointer is not followed", p, fmt.Sprintf("(*int)(%p)", p)},
		{"slice is not read", []int{1, 2}, "[]int(len 2)"},
		{"struct with a map", struct{ M map[int]int }{}, "struct { M map[int]int }{...}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := formatArgs(new(health), copyArgs([]interface{}{tt.arg})); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("the argument is %q, want %q", got, tt.want)
			}
		})
	}
}

// alwaysPanics is an error that panics also if it is not a nil pointer.
type alwaysPanics struct{}

func (alwaysPanics) Error() string { panic("no") }

func TestPanicsOfValuesAreCounted(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	ctx := t.Context()
	defer s.FuncNamed("f").Task(&ctx, panickyArg{}, []interface{}{panickyArg{}}, "%!v(PANIC=")(nil)
	span := SpanFromCtx(ctx)
	if got := span.Args(); !strings.Contains(got[0], "PANIC") || !strings.Contains(got[1], "PANIC") {
		t.Errorf("the arguments are %q, want panics in the first two", got)
	}
	span.AnnotateValue("error", alwaysPanics{})
	span.AnnotateValue("error", (*namedError)(nil)) // fmt formats this as <nil>, and no panic counts
	span.Annotate("text", "%!v(PANIC=")
	if n := s.health.panics.Load(); n != 3 {
		t.Errorf("%d panics, want 3", n)
	}
}

func TestArgsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 10*maxArgText)
	for name, arg := range map[string]interface{}{"string": long, "bytes": []byte(long), "list": slices.Repeat([]interface{}{long}, 99)} {
		if got := formatArgs(new(health), copyArgs([]interface{}{arg}))[0]; len(got) > maxArgText {
			t.Errorf("%s: the text has %d bytes, want at most %d", name, len(got), maxArgText)
		}
	}
	if got := copyArgs(make([]interface{}, 10*maxArgs)); len(got) != maxArgs {
		t.Errorf("%d arguments are kept, want %d", len(got), maxArgs)
	}
}

func TestArgsAreCutBetweenCharacters(t *testing.T) {
	for n := range 4 {
		text := strings.Repeat("x", n) + strings.Repeat("€", maxArgText)
		if got := formatArgs(new(health), copyArgs([]interface{}{text}))[0]; !utf8.ValidString(got) || strings.Contains(got, `\x`) {
			t.Errorf("the text ends with %q", got[len(got)-8:])
		}
	}
}

func TestArgMayContainItself(t *testing.T) {
	list := []interface{}{1, nil}
	list[1] = list
	if got := formatArgs(new(health), copyArgs(list)); !slices.Equal(got, []string{"1", "{1, {1, {1, {1, ...}}}}"}) {
		t.Errorf("the arguments are %q", got)
	}
}

// The caller of a Task may go on to change the arguments.
func TestArgsAreCopied(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	b := []byte("a")
	args := []interface{}{1, b, []interface{}{b}}
	ctx := t.Context()
	defer f.Task(&ctx, args...)(nil)
	b[0] = 'b'
	if got := SpanFromCtx(ctx).Args(); !slices.Equal(got, []string{"1", "61", "{61}"}) {
		t.Errorf("the arguments are %q", got)
	}
	if &args[1].([]byte)[0] != &b[0] {
		t.Errorf("the caller's slice was changed")
	}
}
