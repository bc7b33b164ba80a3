package printable

import (
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"monkit.example/internal/hostile"
)

func TestString(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain text stays", "plain text", "plain text"},
		{"letters of all languages stay", "Grüße 世界", "Grüße 世界"},
		{"quotes and backslashes stay", `"a\b"`, `"a\b"`},
		{"quotes and backslashes after an escape stay", "\a" + `"a\b"`, `\a"a\b"`},
		{"line break", "line\r\nbroken", `line\r\nbroken`},
		{"tab", "tab\there", `tab\there`},
		{"terminal escape", "\x1b[31mred", `\x1b[31mred`},
		{"NUL", "nul\x00", `nul\x00`},
		{"mark that reorders text", "\u202egnp.exe", `\u202egnp.exe`},
		{"character of no width", "zero\u200bwidth", `zero\u200bwidth`},
		{"line separator", "\u2028", `\u2028`},
		{"no-break space", "a\u00a0b", `a\u00a0b`},
		{"byte that is not UTF-8", "a\xffb\xfe", `a\xffb\xfe`},
		{"replacement character", "\uFFFD", "\uFFFD"},
		{"replacement character after an escape", "\x00\uFFFD", `\x00` + "\uFFFD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := String(tt.in); got != tt.want {
				t.Errorf("String(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzString(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x00\x1b[2J", "\xff\uFFFD", `back\slash "quoted"`, "\u202e\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := String(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("String(%q) = %q, which does not print", s, got)
		}
		escaped := String(strings.ReplaceAll(s, `\`, `\\`))
		back, err := strconv.Unquote(`"` + strings.ReplaceAll(escaped, `"`, `\"`) + `"`)
		if err != nil || back != s {
			t.Errorf("with doubled backslashes %q becomes %q, which is %q, %v", s, escaped, back, err)
		}
	})
}

// TestHostileTextIsShownEscaped covers the general categories of Unicode that
// UTS #39 and UTR #36 advise to escape, and bytes that are not UTF-8.
func TestHostileTextIsShownEscaped(t *testing.T) {
	for _, s := range hostile.Texts {
		for name, got := range map[string]string{"String": String(s), "Text": string(Text([]byte(s)))} {
			layout := func(r rune) bool { return name == "Text" && isLayout(r) }
			if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) && !layout(r) }) {
				t.Errorf("%s(%q) = %q, which does not print", name, s, got)
			}
		}
		shown := utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
		if shown != (String(s) == s) {
			t.Errorf("String(%q) = %q", s, String(s))
		}
	}
}

func TestTextKeepsItsLayout(t *testing.T) {
	const page = "a\tb\n\n<p>Grüße 世界 “quoted” – …</p>\n"
	if got := string(Text([]byte(page))); got != page {
		t.Errorf("got %q", got)
	}
	if got, want := string(Text([]byte("a\r\nb\u202e\xffc\n"))), "a\\r\nb\\u202e\\xffc\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJSONMeansTheSame(t *testing.T) {
	for _, s := range hostile.Texts {
		document, err := json.MarshalIndent(map[string]any{s: []string{s, s}}, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		checkJSON(t, document)
	}
}

// checkJSON compares what a document means before and after JSON.
func checkJSON(t *testing.T, document []byte) {
	t.Helper()
	got := JSON(document)
	if !utf8.Valid(got) || strings.ContainsFunc(string(got), func(r rune) bool { return !unicode.IsPrint(r) && !isLayoutOfJSON(r) }) {
		t.Errorf("JSON(%q) = %q, which does not print", document, got)
	}
	var before, after any
	if err := json.Unmarshal(document, &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &after); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("%q became %q, %v", document, got, err)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range hostile.Texts {
		document, _ := json.Marshal(s)
		f.Add(document)
	}
	f.Add([]byte("{\r\n\t\"\xff\u2028\": \"\u202e\"}"))
	f.Fuzz(func(t *testing.T, document []byte) {
		if json.Valid(document) {
			checkJSON(t, document)
		}
	})
}

func TestWriterDoesNotDependOnThePieces(t *testing.T) {
	whole := []byte(strings.Join(hostile.Texts, "世") + "\xe4\xb8")
	for size := 1; size < 9; size++ {
		var got strings.Builder
		w := NewWriter(&got, Text)
		for piece := range slices.Chunk(whole, size) {
			if n, err := w.Write(piece); n != len(piece) || err != nil {
				t.Fatalf("Write() = %d, %v", n, err)
			}
		}
		if err := w.Close(); err != nil || got.String() != string(Text(whole)) {
			t.Errorf("in pieces of %d, the text differs: %v", size, err)
		}
	}
}

func TestWriterReturnsTheErrorsBelow(t *testing.T) {
	r, below := io.Pipe()
	r.Close()
	w := NewWriter(below, Text)
	if _, err := w.Write([]byte("a\xe4")); err != io.ErrClosedPipe {
		t.Errorf("Write() = %v", err)
	}
	if err := w.Close(); err != io.ErrClosedPipe {
		t.Errorf("Close() = %v", err)
	}
}
