package shape

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/reporters"
)

func TestOfSeriesWithOneNameTheFirstIsReported(t *testing.T) {
	for _, tt := range []struct {
		name   string
		step   Step
		points []string
		want   string
	}{
		{"renamed alike", Rename("{a,b}", "c"), []string{"a f:1", "b f:2"}, "c f 1"},
		{"renamed to one that exists", Rename("a", "b"), []string{"b f:2", "a f:1"}, "b f 2"},
		{"one that exists comes later", Rename("a", "b"), []string{"a f:1", "b f:2"}, "b f 1"},
		{"fields", RenameField("r*", "p"), []string{"m r9:1", "m r5:2"}, "m p 1"},
		{"tags", WithoutTags("host"), []string{"m,host=a f:1", "m,host=b f:2"}, "m f 1"},
		{"a tag for all", Tag("host", "x"), []string{"m,host=a f:1", "m,host=b f:2"}, "m,host=x f 1"},
		{"a default tag", DefaultTag("host", "b"), []string{"m f:1", "m,host=b f:2"}, "m,host=b f 1"},
		{"a renamed tag", RenameTag("h", "host"), []string{"m,h=a f:1", "m,host=a f:2"}, "m,host=a f 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s sink
			rep := mustOpen(t, &s, tt.step)
			n := newNumbered()
			for i := range int64(100) { // the first keeps the name, as long as it is reported
				report(t, rep, n.batch(i*60, tt.points...))
				s.check(t, "of a collector", tt.want)
			}
			checkStats(t, rep, map[string]float64{"points": 200, "passed_points": 100, "collided_points": 100})

			rep = mustOpen(t, &s, tt.step)
			report(t, rep, lines(1, tt.points...))
			s.check(t, "received", tt.want)
			if got := statsOf(t, rep); got["passed_points"] != 1 || got["collided_points"] != 1 || got["denied_lines"] != 1 {
				t.Errorf("received: stats are %v", got)
			}
		})
	}
}

func TestFieldsOfSeriesWithOneNameDoNotCollide(t *testing.T) {
	var s sink
	rep := mustOpen(t, &s, Rename("{a,b}", "c"))
	report(t, rep, newNumbered().batch(1, "a x:1", "b y:2"))
	s.check(t, "different fields", "c x 1", "c y 2")
}

// A series has other numbers in another collector, and none when it is received.
func TestOneSeriesDoesNotCollideWithItself(t *testing.T) {
	var s sink
	rep := mustOpen(t, &s, Rename("a", "c"))
	report(t, rep, newNumbered().batch(1, "a x:1"))
	again := newNumbered().batch(2, "b x:1", "a x:1")
	again.Points = again.Points[1:]
	report(t, rep, again)
	s.check(t, "another number", "c x 1")
	report(t, rep, lines(3, "a x:1", "a x:2"))
	s.check(t, "received twice", "c x 1", "c x 2")
}

func TestNameOfASeriesThatIsGoneIsTakenOver(t *testing.T) {
	for name, batch := range map[string]func(int64, ...string) *reporters.Batch{
		"of a collector": newNumbered().batch, "received": lines,
	} {
		t.Run(name, func(t *testing.T) {
			var s sink
			rep := mustOpen(t, &s, Rename("{a,b}", "c"), Delta())
			report(t, rep, batch(0, "a total:10", "b total:100"))
			report(t, rep, batch(10, "a total:11", "b total:105"))
			s.check(t, "both", "c total 1 d")
			report(t, rep, batch(20, "b total:107"))
			s.check(t, "the first is not reported")
			report(t, rep, batch(309, "b total:110"))
			s.check(t, "the first may come back")
			report(t, rep, batch(310, "b total:115"))
			s.check(t, "five minutes later", "c total 5 d") // not what it counted before
			report(t, rep, batch(320, "a total:20", "b total:116"))
			s.check(t, "the first came back", "c total 1 d")
		})
	}
}

// The name is free at once if the number of its owner belongs to another series.
func TestNameOfADeletedSeriesIsFree(t *testing.T) {
	var s sink
	rep := mustOpen(t, &s, Rename("{a,b}", "c"))
	n := newNumbered()
	report(t, rep, n.batch(1, "a x:1", "b x:2"))
	reused := n.batch(2, "z x:3")
	reused.Points[0].ID = 1
	report(t, rep, reused)
	report(t, rep, n.batch(3, "b x:4"))
	s.check(t, "after the first is deleted", "c x 4")
}

func TestCollisionsAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		var log bytes.Buffer
		rep, err := Open(&s, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, Rename("m*", "c"), Rename("x*", "$1"))
		if err != nil {
			t.Fatal(err)
		}
		n := newNumbered()
		for range 3 {
			report(t, rep, n.batch(1, "m1 f:1", "m2 f:1", "m3 f:1", "m4 f:1", "x f:1"))
		}
		if got := strings.Count(log.String(), "\n"); got != 2 {
			t.Errorf("%d lines were logged, want one of each kind:\n%s", got, log.String())
		}
		for _, want := range []string{`name="c f" reported="m1 f" collided="m2 f" more=0`, `reporter=*shape.sink`, `series="x f" more=0`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log has no %s:\n%s", want, log.String())
			}
		}
		log.Reset()
		time.Sleep(time.Minute)
		report(t, rep, n.batch(61, "m1 f:1", "m2 f:1", "m5 "+strings.Repeat("f", 500)+":1", "m6 "+strings.Repeat("f", 500)+":1"))
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "more=2") || len(got) > 1200 {
			t.Errorf("a minute later, %d bytes:\n%s", len(got), got)
		}
	})
}
