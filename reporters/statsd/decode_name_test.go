package statsd

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"monkit.example/reporters"
)

// statsd 0.9.0 (sanitizeKeyName) makes one series of these, which a Graphite path would
// otherwise make from two that overwrite each other.
func TestNamesAreThoseOfTheReferenceDaemon(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a_b", "a_b"},
		{"a b", "a_b"},
		{"a \t\u00a0b", "a_b"},
		{" a", "_a"},
		{"a ", "a_"},
		{"a/b//c", "a-b--c"},
		{"a b/c@d", "a_b-cd"},
		{"a.b-c_D9", "a.b-c_D9"},
		{".a..b.", ".a..b."},
		{"...", "..."},
		{"a=b", "a=b"},
		{"a!\"$%&'()*+<>?\\^`{}~b", "ab"},
		{"größe", "größe"}, // the daemon deletes letters beyond ASCII
		{"東京.大阪", "東京.大阪"},
		{"नमस्ते", "नमस्ते"},
		{"٣", "٣"},
		{"a€😀→b", "ab"},
		{"\ufeffa", "_a"},
		{"a]", "a"},
		{"a[b", "ab"},
		{"_e", "_e"},
	} {
		b := decodeOne(t, Options{}, tt.in+":1|c")
		if len(b.Points) != 1 || b.Points[0].Key.Measurement != tt.want || b.Points[0].Key.Tags.Len() != 0 {
			t.Errorf("%q: %s, want the name %q", tt.in, readings(b), tt.want)
		}
		if len(b.Lines) == 1 && string(b.Lines[0].Raw) != tt.in+":1|c" {
			t.Errorf("%q: the bytes are kept as %q", tt.in, b.Lines[0].Raw)
		}
	}
}

// The reference daemon counts them under an empty key, which no format can hold, and
// under which all such lines add up.
func TestNameOfWhichNothingIsLeftIsRejected(t *testing.T) {
	for _, name := range []string{"", "@", "!?", "😀", "[a=b]", ",a=b", ";a=b", "#a=b", "#", ",", "]", "["} {
		b := decodeOne(t, Options{}, name+":1|c")
		if len(b.RejectedLines) != 1 || b.RejectedLines[0].Err != errName {
			t.Errorf("%q: %s", name, readings(b))
		}
	}
}

// Of tags in names: statsd_exporter's parser (pkg/line) for SignalFx, Librato and
// Influx, and Carbon's for Graphite. Other than statsd_exporter this keeps tags without
// a value, which set series apart, and takes any number of brackets.
func TestTagsInNamesAreTags(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"req,env=prod:1|c", "req,env=prod"},
		{"req,env=prod,zone=a:1|c", "req,env=prod,zone=a"},
		{"req;env=prod:1|c", "req,env=prod"},
		{"req;env=prod;zone=a:1|c", "req,env=prod,zone=a"},
		{"req#env=prod,zone=a:1|c", "req,env=prod,zone=a"},
		{"req[env=prod,zone=a]:1|c", "req,env=prod,zone=a"},
		{"re[env=prod]q:1|c", "req,env=prod"},
		{"[env=prod]req:1|c", "req,env=prod"},
		{"r[env=prod]e[zone=a]q:1|c", "req,env=prod,zone=a"},
		{"req[env=prod],zone=a:1|c", "req,env=prod,zone=a"},
		{"req/x y,path=/a b:1|c", "req-x_y,path=/a\\ b"},
		{"req,path=a[0]:1|c", "req,path=a[0]"},
		{"req,a=b;c=d:1|c", "req,a=b;c\\=d"},
		{"req;a=b,c:1|c", "req,a=b\\,c"},
		{"req, a = b :1|c", "req,a=b"},
		{"items[0]:1|c", "items,0="},
		{"req,blue:1|c", "req,blue="},
		{"req,a=:1|c", "req,a="},
		{"req,a=b=c:1|c", "req,a=b\\=c"},
		{"req,,a=b,:1|c", "req,a=b"},
		{"req,=x:1|c", "req"},
		{"req[]:1|c", "req"},
		{"req[a=b:1|c", "reqa=b"},
		{"req]a=b[:1|c", "reqa=b"},
		{"re[q[[,a=b:1|c", "req,a=b"},
		{"req,env=prod:1|c|#zone:a", "req,env=prod,zone=a"},
		{"req,env=prod,zone=a:1|c|#env:dev", "req,env=dev,zone=a"},
		{"req[env=prod]:1|c|#env:dev,env:test", "req,env=dev\\,test"},
		{"req,env=b,env=a:1|c", "req,env=a\\,b"},
	} {
		b := decodeOne(t, Options{}, tt.in)
		if len(b.Points) != 1 || b.Points[0].Key.String() != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, readings(b), tt.want)
		}
	}
}

// The time that a name takes grows as its length does: a line of 64 KiB must not take
// milliseconds. Quadratic cost takes more than the time limit of tests here.
func TestCostOfNamesIsLinear(t *testing.T) {
	const n = 12 << 20
	for _, part := range []string{"[", "a[b/"} {
		var b reporters.Batch
		d := decoder{b: &b}
		name := append([]byte("a"), bytes.Repeat([]byte(part), n/len(part))...)
		if got := d.parseName(name); len(d.tags) != 0 || got[0] != 'a' {
			t.Errorf("%q repeated: %d tags", part, len(d.tags))
		}
	}
}

// A name keeps no character that starts tags or separates parts of a line, and is
// itself a name that is not changed.
func FuzzName(f *testing.F) {
	for _, name := range []string{"a b/c@d", "req,env=prod", "r[a=b]q[c]", "größe;x", "#", "[", "\ufeff", "a\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) {
			return
		}
		var b reporters.Batch
		d := decoder{b: &b}
		got := string(d.parseName(b.CopyBytes([]byte(name))))
		if strings.ContainsAny(got, "[],;#:|@/ \t\r\n") || !utf8.ValidString(got) {
			t.Fatalf("%q becomes %q", name, got)
		}
		tags := len(d.tags)
		if again := string(d.parseName([]byte(got))); again != got || len(d.tags) != tags {
			t.Fatalf("%q becomes %q, which becomes %q", name, got, again)
		}
	})
}
