package shape

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"monkit.example/reporters"
)

func TestLines(t *testing.T) {
	for _, tt := range []struct {
		name  string
		step  Step
		in    []string
		lines string
		stats map[string]float64
	}{
		{"unchanged lines stay bytes", Deny("x"), []string{"m a:1;m b:2"}, "raw m a:1;m b:2",
			map[string]float64{"points": 2, "passed_points": 2}},
		{"a point less", Deny("m b"), []string{"m a:1;m b:2", "m a:3"}, "rebuilt,raw m a:3",
			map[string]float64{"points": 3, "passed_points": 2, "denied_points": 1, "rebuilt_lines": 1}},
		{"no point left", Deny("m"), []string{"m a:1;m b:2", "n a:3"}, "raw n a:3",
			map[string]float64{"points": 3, "passed_points": 1, "denied_points": 2, "denied_lines": 1}},
		{"renamed", Rename("m", "n"), []string{"m a:1", "x a:1"}, "rebuilt,raw x a:1",
			map[string]float64{"points": 2, "passed_points": 2, "rebuilt_lines": 1}},
		{"a line without points passes Deny", Deny("*"), []string{""}, "raw ", nil},
		{"but not Allow", Allow("*"), []string{""}, "", map[string]float64{"denied_lines": 1}},
		{"nor Fields", Fields("*"), []string{""}, "", map[string]float64{"denied_lines": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s sink
			rep := mustOpen(t, &s, tt.step)
			report(t, rep, lines(1, tt.in...))
			if got := strings.Join(s.lines, ","); got != tt.lines {
				t.Errorf("lines are %q, want %q", got, tt.lines)
			}
			for _, l := range s.last.Lines {
				if l.First < 0 || l.First+l.N > int32(len(s.texts)) {
					t.Errorf("a line has the points %d to %d of %d", l.First, l.First+l.N, len(s.texts))
				}
			}
			checkStats(t, rep, tt.stats)
			if err := s.counts.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPointsOfNoLineAreCounted(t *testing.T) {
	var s sink
	rep := mustOpen(t, &s)
	b := lines(1, "m a:1", "m b:1")
	b.Lines = b.Lines[:1]
	report(t, rep, b)
	s.check(t, "a line less", "m a 1")
	checkStats(t, rep, map[string]float64{"points": 2, "passed_points": 1, "denied_points": 1})
}

// What is remembered of a received line must not be memory of its batch.
func TestNothingOfABatchIsKept(t *testing.T) {
	var s sink
	rep := mustOpen(t, &s, Rename("m*", "n$1"), RenameField("f*", "g$1"), DefaultTag("k", "v"))
	var b reporters.Batch
	for round := range 3 {
		for _, tt := range []struct{ line, want string }{
			{"m1,a=b f1:1", "n1,a=b,k=v g1 1"}, {"m2 f2:1", "n2,k=v g2 1"}, {"x3 y1:2", "x3,k=v y1 2"}, {"m4 f4:1", "n4,k=v g4 1"},
		} {
			b.Reset() // the next text has the memory of the last
			b.Copy(bytes.Repeat([]byte{'#'}, round))
			fill(&b, 1, tt.line)
			report(t, rep, &b)
			s.check(t, tt.line, tt.want)
			if s.last.Points[0] != (reporters.Point{}) {
				t.Error("the shaped batch refers to the other one after Report")
			}
		}
	}
	for _, e := range rep.(interface{ self() *shaper }).self().table.received.young {
		if len(e.fields) > 1 {
			t.Errorf("%v is remembered with %d fields", e.key, len(e.fields))
		}
	}
}

func TestReceivedSeriesAreForgotten(t *testing.T) {
	var s sink
	var log bytes.Buffer
	rep := NewWith(&s, Options{MaxReceived: 10, Logger: slog.New(slog.NewTextHandler(&log, nil))}, Rename("old*", "new$1"), Delta())
	for i := range 100 {
		report(t, rep, lines(int64(i), fmt.Sprintf("m,i=%d total:1", i), fmt.Sprintf("known total:%d", i)))
		s.check(t, fmt.Sprint(i), fmt.Sprintf("m,i=%d total 0 d", i), fmt.Sprintf("known total %d d", min(i, 1))) // it is never idle for a generation
	}
	sh := rep.(interface{ self() *shaper }).self()
	if n := len(sh.table.received.young) + len(sh.table.received.old); n > 22 {
		t.Errorf("%d series are remembered", n)
	}
	if n := len(sh.table.names); n > 22 {
		t.Errorf("%d names are remembered", n)
	}
	if n := statsOf(t, rep)["forgotten_points"]; n < 100-22 || n > 100 {
		t.Errorf("%v points were forgotten of 100", n)
	}
	if n := strings.Count(log.String(), "more series were received than are remembered"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
}

// Series that are all reported again and again must not pile up beside new ones.
func TestSeriesOfTheOldGenerationAreBounded(t *testing.T) {
	var s sink
	rep := NewWith(&s, Options{MaxReceived: 10, Logger: quiet})
	var known []string
	for i := range 100 {
		known = append(known, fmt.Sprintf("m%d f:1", i))
		report(t, rep, lines(1, known...))
		r := &rep.(interface{ self() *shaper }).self().table.received
		if n := len(r.young) + len(r.old); n > 22 {
			t.Fatalf("%d series are remembered of %d", n, i)
		}
	}
	if len(s.texts) != 100 || s.counts.Check() != nil {
		t.Errorf("%d points were reported of 100; %v", len(s.texts), s.counts)
	}
}

func TestFieldsOfOneReceivedSeriesAreBounded(t *testing.T) {
	var s sink
	rep := NewWith(&s, Options{MaxReceived: 10, Logger: quiet}, Delta(), Rename("x", "y"))
	for i := range 100 {
		report(t, rep, lines(int64(i), fmt.Sprintf("m f%d:1;m total:%d", i, i)))
	}
	wide := &reporters.Batch{At: unix(1), Format: "text"}
	for i := range 100 {
		wide.Points = append(wide.Points, pointOf(fmt.Sprintf("m f%d:1", i), 1))
	}
	wide.AddLine(nil, 0)
	report(t, rep, wide)
	sh := rep.(interface{ self() *shaper }).self()
	n := 0
	for _, generation := range []map[string]*series{sh.table.received.young, sh.table.received.old} {
		for _, e := range generation {
			n += len(e.fields)
		}
	}
	if n > 20 || len(sh.table.names) > n {
		t.Errorf("%d fields and %d names are remembered", n, len(sh.table.names))
	}
	if err := s.counts.Check(); err != nil {
		t.Error(err)
	}
}

func TestLongNamesCountAsSeveral(t *testing.T) {
	var s sink
	rep := NewWith(&s, Options{MaxReceived: 20, Logger: quiet})
	for i := range 100 {
		report(t, rep, lines(1, fmt.Sprintf("%s%d f:1", strings.Repeat("x", 10*1024), i)))
	}
	sh := rep.(interface{ self() *shaper }).self()
	if n := len(sh.table.received.young) + len(sh.table.received.old); n > 4 {
		t.Errorf("%d names of 10 KiB are remembered; they may be as many as 40 short ones", n)
	}
}

// With more series than are remembered, each is forgotten before it comes again.
// Their counters must go on all the same.
func TestDeltasOfReceivedCountersOutliveTheirEntries(t *testing.T) {
	const most, all = 10, 25 // counters are remembered up to 2*most
	var s sink
	rep := NewWith(&s, Options{MaxReceived: most, Logger: quiet}, Delta())
	for i := range 4 {
		var in, want []string
		for k := range all {
			in = append(in, fmt.Sprintf("m%d total:%d", k, 5*i))
			growth := 5
			if i == 0 || k >= 2*most {
				growth = 0
			}
			want = append(want, fmt.Sprintf("m%d total %d d", k, growth))
		}
		report(t, rep, lines(int64(i), in...))
		s.check(t, fmt.Sprint("batch ", i), want...)
	}
	if err := s.counts.Check(); err != nil {
		t.Error(err)
	}
}
