package statsd

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
)

// packed returns n values with colons between them.
func packed(n int) string {
	var values []string
	for i := range n {
		values = append(values, fmt.Sprint(i))
	}
	return strings.Join(values, ":")
}

// DogStatsD packs values since its protocol 1.1, and the reference daemon reads several
// readings of a name in a line (stats.js: bits = line.split(':')).
func TestPackedLinesAreSplit(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a:1:2:3:4|ms", "a:1:2|ms;a:3:4|ms"},
		{"a:1:2:3|ms|#t:x", "a:1|ms|#t:x;a:2|ms|#t:x;a:3|ms|#t:x"},
		{"a:1:2|h|@0.5|#e", "a:1|h|@0.5|#e;a:2|h|@0.5|#e"},
		{"a:1|c:2|c:3|c:4|c", "a:1|c:2|c;a:3|c:4|c"},
		{"a:1|c|@.1:2|c|@.2", "a:1|c|@.1;a:2|c|@.2"},
		{"a:1:2|c:-3:+4|g", "a:1:2|c;a:-3:+4|g"},
		{"a:1:2|c|c:ci|T5", "a:1|c|c:ci|T5;a:2|c|c:ci|T5"},
		{"a:1234567|c:2|c", ""},      // a value alone is too long
		{"a:1|c:2|c|#t:x", ""},       // of which reading are the tags?
		{"a:1|c|@.5|#t:2|c:3|c", ""}, // one reading with a tag that has colons and bars behind it
		{"a:1|c:2|c|T5", ""},
		{"_e{1,5}:a|1:2:3:4:5", ""}, {"_sc|a|0|#t:1:2:3:4", ""}, {"a", ""}, {":1:2:3:4:5|c", ""}, {"a:1:2:3:4:5:6", ""},
	} {
		limit := len("a:1|c:2|c\n")
		if strings.Contains(tt.want, "#") || strings.Contains(tt.want, "@") || strings.Contains(tt.want, "T5") {
			limit = strings.Index(tt.want, ";") + 1
		}
		out, ok := new(encoder).AppendSplit([]byte("x"), []byte(tt.in+"\n"), limit)
		want := "x"
		if tt.want != "" {
			want += strings.ReplaceAll(tt.want, ";", "\n") + "\n"
		}
		if string(out) != want || ok != (tt.want != "") {
			t.Errorf("%q: %q, %v, want %q", tt.in, out, ok, want)
		}
	}
}

// means returns the points of lines, and whether a line is rejected.
func means(t testing.TB, text string) (all string, rejected bool) {
	b := &reporters.Batch{At: time.Unix(1000, 0)}
	NewCodec(Options{}).Decode(b, []byte(text))
	for i := range b.Points {
		p := &b.Points[i]
		all += fmt.Sprintln(p.Key.String(), p.Field, p.Value, p.Time, p.Kind, p.Weight())
	}
	return all, b.Rejected.Sum() > 0
}

func checkSplit(t testing.TB, line string, limit int) {
	out, ok := new(encoder).AppendSplit(nil, []byte(line+"\n"), limit)
	if !ok {
		if len(out) > 0 {
			t.Fatalf("%q: nothing is split, %q appended", line, out)
		}
		return
	}
	for piece := range strings.Lines(string(out)) {
		if len(piece) > limit || !strings.HasSuffix(piece, "\n") {
			t.Fatalf("%q, limit %d: a line of %d bytes: %q", line, limit, len(piece), piece)
		}
	}
	// A reading that does not parse is left out of a line, and a line of its own.
	if want, rejected := means(t, line+"\n"); !rejected {
		if got, _ := means(t, string(out)); got != want {
			t.Fatalf("%q: split into %q, which means\n%swant\n%s", line, out, got, want)
		}
	}
}

func TestSplitLinesMeanTheSame(t *testing.T) {
	for _, line := range []string{
		"req.time:" + packed(5000) + "|ms|@0.5|#env:prod,zone:eu", "hits:" + strings.Repeat("1|c:", 3000) + "1|c", "g:" + packed(3000) + "|g",
		"m:" + packed(100) + "|c|@0.25:" + packed(2000) + "|ms",
	} {
		for _, limit := range []int{60, 512, 1432, 8192} {
			if out, ok := new(encoder).AppendSplit(nil, []byte(line+"\n"), limit); !ok || len(out) < len(line) {
				t.Errorf("%.40q is not split for %d bytes", line, limit)
			}
			checkSplit(t, line, limit)
		}
	}
}

// The member of a set is any text to DogStatsD (datadog-agent comp/dogstatsd/server
// parse_metrics.go), also one with colons: pieces of it would be other members.
func TestMembersOfSetsAreNotSplit(t *testing.T) {
	long := strings.Repeat("session:", 300) + "x"
	for _, tt := range []struct {
		in, want string
		limit    int
	}{
		{"u:" + long + "|s", "", 1432},
		{"u:" + long + "|s|#env:prod", "", 1432},
		{"u:" + long + "|s|@0.5", "", 1432},
		{"u:" + long + "| s ", "", 1432},
		{"u:a:b:c|s", "", len("u:a:b|s\n")},
		{"u:a:b|s:c:d|s", "u:a:b|s;u:c:d|s", len("u:a:b|s\n")},
		{"u:1:2|c:a:b|s:3|ms", "u:1:2|c;u:a:b|s;u:3|ms", len("u:a:b|s\n")},
		{"u:1:" + long + "|s:2|c", "", 1432},
	} {
		out, ok := new(encoder).AppendSplit(nil, []byte(tt.in+"\n"), tt.limit)
		if got := strings.ReplaceAll(strings.TrimSuffix(string(out), "\n"), "\n", ";"); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%.40q: %.200q, %v, want %q", tt.in, got, ok, tt.want)
		}
		checkSplit(t, tt.in, tt.limit)
	}
}

func FuzzAppendSplit(f *testing.F) {
	for _, line := range []string{"a:1:2:3|ms|#t:x", "a:1|c:2|c", "a:1|c|@.1:2|c|@.2", "a:1:2|c|c:ci|T5", "_e{1,5}:a|1:2", "u:a:b:c|s", "u:a:b|s:c:d|s", "u:1:2|c:a:b|s:3|ms"} {
		f.Add(line, 10)
	}
	f.Add("0:0:0||:0|", 10)
	f.Add("0:0|00:A|0", 9)
	f.Fuzz(func(t *testing.T, line string, limit int) {
		if !strings.ContainsAny(line, "\n\r") {
			checkSplit(t, line, limit)
		}
	})
}
