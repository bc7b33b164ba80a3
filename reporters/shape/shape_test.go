package shape

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/statsd"
)

func TestBatchIsNotChanged(t *testing.T) {
	rep := mustOpen(t, &sink{}, Rename("*", "x$1"), Tag("k", "v"), RenameField("*", "f$1"), Delta())
	for _, b := range []*reporters.Batch{
		newNumbered().batch(1, "m total:7", "m,a=b r99:1"),
		lines(1, "m total:7;m,a=b r99:1", "", "x y:1"),
	} {
		b.Reject(ledger.Malformed, []byte("bad"), errors.New("wrong"))
		points, rejected := slices.Clone(b.Points), slices.Clone(b.RejectedLines)
		var raw []reporters.Line
		for _, l := range b.Lines {
			raw = append(raw, reporters.Line{Raw: bytes.Clone(l.Raw), First: l.First, N: l.N})
		}
		for range 2 {
			report(t, rep, b)
		}
		if !slices.Equal(b.Points, points) || !reflect.DeepEqual(b.Lines, raw) || b.At != unix(1) ||
			b.Rejected[ledger.Malformed] != 1 || !slices.Equal(b.RejectedLines, rejected) {
			t.Errorf("the batch is %+v, its points were %+v", b, points)
		}
	}
}

func TestShapedBatchHasTheRestOfTheBatch(t *testing.T) {
	var s sink
	b := lines(5, "m f:1")
	b.Interval, b.Skipped = time.Second, 3
	b.Reject(ledger.Malformed, []byte("bad"), errors.New("wrong"))
	s.during = func(got *reporters.Batch) {
		if got.At != b.At || got.Interval != b.Interval || got.Format != b.Format || got.Skipped != 3 ||
			got.Rejected[ledger.Malformed] != 1 || len(got.RejectedLines) != 1 {
			t.Errorf("reported %+v of %+v", got, b)
		}
	}
	report(t, mustOpen(t, &s, Deny("x")), b)
	s.check(t, "one point", "m f 1")
}

// The fields of a series must keep one key and one number, by which encoders
// find what they cached.
func TestNumbersAndKeysStay(t *testing.T) {
	var s sink
	rep := mustOpen(t, &s, Deny("m,a=1 x"), Rename("m", "n"), Tag("k", "v"))
	n := newNumbered()
	keys := map[uint32]monkit.SeriesKey{}
	s.during = func(b *reporters.Batch) {
		for _, p := range b.Points {
			if known, ok := keys[p.Series]; ok && known != p.Key {
				t.Errorf("series %d has the keys %v and %v", p.Series, known, p.Key)
			}
			keys[p.Series] = p.Key
		}
		if ids := [3]uint32{b.Points[0].ID, b.Points[1].ID, b.Points[2].ID}; ids != [3]uint32{2, 3, 4} {
			t.Errorf("the numbers are %v", ids)
		}
	}
	for range 3 {
		report(t, rep, n.batch(1, "m,a=1 x:1", "m,a=1 y:1", "m,a=1 z:1", "m,a=2 x:1"))
	}
	if len(keys) != 2 {
		t.Errorf("%d series", len(keys))
	}
}

// A number that another series gets must not bring what was decided for its
// former owner, nor that one's total.
func TestNumberOfAnotherSeriesIsDecidedAgain(t *testing.T) {
	var s sink
	rep := mustOpen(t, &s, Deny("a"), Rename("b", "B"), Delta())
	point := func(name string, value float64, series, id uint32) *reporters.Batch {
		return &reporters.Batch{At: unix(1), Points: []reporters.Point{{
			Key: monkit.NewSeriesKey(name), Field: "total", Value: value, Kind: reporters.Counter, Series: series, ID: id,
		}}}
	}
	for _, tt := range []struct {
		b    *reporters.Batch
		want []string
	}{
		{point("a", 5, 1, 1), nil},
		{point("b", 7, 1, 1), []string{"B total 7 d"}},
		{point("b", 9, 1, 1), []string{"B total 2 d"}},
		{point("c", 9, 1, 1), []string{"c total 9 d"}},
		{point("b", 10, 1, 1), []string{"B total 10 d"}},
		{point("b", 10, 2, 1), []string{"B total 0 d"}}, // the series' number alone is another
		{point("d", 3, 300, 7000), []string{"d total 3 d"}},
	} {
		report(t, rep, tt.b)
		s.check(t, fmt.Sprintf("%+v", tt.b.Points[0]), tt.want...)
	}
}

func TestDelta(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name           string
		totals         []float64
		here, received []float64
	}{
		{"grows", []float64{5, 7, 7}, []float64{5, 2, 0}, []float64{0, 2, 0}},
		{"restarted", []float64{5, 3, 4}, []float64{5, 3, 1}, []float64{0, 3, 1}},
		{"restarted at zero", []float64{5, 0, 1}, []float64{5, 0, 1}, []float64{0, 0, 1}},
		{"not finite", []float64{5, nan, 6, math.Inf(1), 8}, []float64{5, nan, 1, math.Inf(1), 2}, []float64{0, nan, 1, math.Inf(1), 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s sink
			n, rep := newNumbered(), mustOpen(t, &s, Rename("m", "n"), Delta())
			for i, v := range tt.totals {
				report(t, rep, n.batch(int64(i), fmt.Sprintf("m total:%v", v)))
				s.check(t, "of a collector", fmt.Sprintf("n total %v d", tt.here[i]))
			}
			for i, v := range tt.totals {
				report(t, rep, lines(int64(i), fmt.Sprintf("m,a=b total:%v", v)))
				s.check(t, "received", fmt.Sprintf("n,a=b total %v d", tt.received[i]))
			}
		})
	}
}

// A counter in one batch twice, in two lines, has grown twice.
func TestDeltaOfSeveralLines(t *testing.T) {
	var s sink
	rep := mustOpen(t, &s, Delta())
	report(t, rep, lines(1, "m total:5", "m total:7;m x:1", "m total:8"))
	s.check(t, "three lines", "m total 0 d", "m total 2 d", "m x 1", "m total 1 d")
	if got := strings.Join(s.lines, ","); got != "rebuilt,rebuilt,rebuilt" {
		t.Errorf("lines are %s", got)
	}
}

// The deltas of a report that failed are not added to the next: the lines of the
// payload have them, and are delivered or counted.
func TestDeltasAreComputedOnce(t *testing.T) {
	s := sink{err: errors.New("down")}
	n, rep := newNumbered(), mustOpen(t, &s, Delta())
	if err := rep.Report(t.Context(), n.batch(1, "m total:5")); err == nil {
		t.Error("the error is lost")
	}
	s.check(t, "failed", "m total 5 d")
	s.err = nil
	report(t, rep, n.batch(2, "m total:6"))
	s.check(t, "after that", "m total 1 d")
}

// What the steps do to a point is the same when it is remembered as when it is
// seen for the first time, whatever numbers series have and had.
func TestWhatIsRememberedIsWhatWouldBeDecided(t *testing.T) {
	steps := []Step{Deny("a,t=1 x", "c"), Rename("b", "B"), Rename("d,t=*", "e.$0"), RenameField("/[xy]/", "f_$0"), DefaultTag("t", "9"), WithoutFields("z")}
	var remembered, fresh sink
	rep := mustOpen(t, &remembered, steps...)
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	for i := range 2000 {
		var texts []string
		for range random.IntN(5) {
			texts = append(texts, pick("a", "b", "c", "d")+pick("", ",t=1", ",t=2")+" "+pick("x", "y", "z", "w")+":1")
		}
		b := lines(1, texts...)
		if random.IntN(2) == 0 {
			b = newNumbered().batch(1, texts...) // from 1, so that other series had these numbers
		}
		report(t, rep, b)
		report(t, mustOpen(t, &fresh, steps...), b)
		remembered.check(t, fmt.Sprint(i, texts), fresh.texts...)
		if !slices.Equal(remembered.lines, fresh.lines) {
			t.Fatalf("%q: lines are %q, want %q", texts, remembered.lines, fresh.lines)
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	steps := []Step{Deny("x"), Rename("m*", "n$1"), Tag("k", "v"), Delta()}
	for name, b := range map[string]*reporters.Batch{
		"of a collector": newNumbered().batch(1, "m1 total:1", "m1 r99:1", "m2,a=b total:3", "x y:1", "z f:1"),
		"received":       lines(1, "m1 total:1;m1 r99:1", "m2,a=b total:3", "x y:1", "z f:1"),
	} {
		rep := mustOpen(t, discard{}, steps...)
		ctx := t.Context()
		run := func() {
			if err := rep.Report(ctx, b); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations a batch", name, n)
		}
	}
}

// A reporter that panics costs its batch, and nothing after that.
func TestReporterThatPanics(t *testing.T) {
	var s sink
	rep := mustOpen(t, &s, Tag("k", "v"))
	s.during = func(*reporters.Batch) { panic("oops") }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is hidden from the collector")
			}
		}()
		report(t, rep, lines(1, "m f:1"))
	}()
	s.during = nil
	report(t, rep, lines(2, "m f:2"))
	s.check(t, "after the panic", "m,k=v f 2")
}

func TestConcurrentReportsAndStats(t *testing.T) {
	rep := mustOpen(t, &sink{}, Rename("{a,b}", "c"), Delta())
	var group sync.WaitGroup
	for i := range 4 {
		b := lines(int64(i), "a total:1", "b total:2", fmt.Sprintf("x%d f:1", i))
		group.Go(func() {
			for range 50 {
				if err := rep.Report(t.Context(), b); err != nil {
					t.Error(err)
				}
				rep.(monkit.StatSource).Stats(func(monkit.SeriesKey, string, float64) {})
			}
		})
	}
	group.Wait()
	if n := statsOf(t, rep)["points"]; n != 600 {
		t.Errorf("%v points of 600", n)
	}
}

type discard struct{}

func (discard) Report(context.Context, *reporters.Batch) error { return nil }
func (discard) Flush(context.Context) error                    { return nil }
func (discard) Close(context.Context) error                    { return nil }

func TestWrongStepFailsEachReport(t *testing.T) {
	var s sink
	rep := New(&s, Allow("a["), Rename("x", "y"))
	for range 2 {
		if err := rep.Report(t.Context(), newNumbered().batch(1, "m f:1", "m g:1")); err == nil || !strings.Contains(err.Error(), `shape: Allow: pattern "a["`) {
			t.Errorf("the error of the report is %v", err)
		}
	}
	if err := rep.Flush(t.Context()); err == nil {
		t.Error("Flush has no error")
	}
	if err := rep.Close(t.Context()); err != nil {
		t.Error(err)
	}
	s.check(t, "nothing is passed on")
	checkStats(t, rep, map[string]float64{"points": 4, "failed_points": 4})

	rep = New(nil)
	if err := errors.Join(rep.Report(t.Context(), lines(1, "m f:1"))); err == nil || err.Error() != "shape: no reporter" {
		t.Errorf("without a reporter the error is %v", err)
	}
	if err := rep.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// memory is a Sender that keeps everything.
type memory struct{ bytes.Buffer }

func (m *memory) Send(_ context.Context, p []byte, _ int) error { m.Write(p); return nil }
func (m *memory) Flush(context.Context) error                   { return nil }
func (m *memory) Close(context.Context) error                   { return nil }

// Two destinations of one collector have different shapes, and their ledgers
// balance.
func TestEachDestinationHasItsShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scope := monkit.NewRegistry().ScopeNamed("app")
		meter := scope.Meter("requests")
		scope.Gauge("depth", func() float64 { return 4 })
		var g, st memory
		whole := reporters.NewPusher(graphite.NewCodec(graphite.Options{}), &g, reporters.PusherOptions{Name: "g"})
		part := reporters.NewPusher(statsd.NewCodec(statsd.Options{}), &st, reporters.PusherOptions{Name: "s"})
		c := collect.New(scope, collect.Options{Interval: time.Hour, Spread: -1}, whole,
			mustOpen(t, part, Fields("total"), Rename("requests", "hits"), WithoutTags("scope"), Delta()))
		meter.Mark(3)
		if err := c.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		meter.Mark(2)
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := st.String(); got != "hits.total:3|c\nhits.total:2|c\n" {
			t.Errorf("statsd got %q", got)
		}
		for _, want := range []string{"app.requests.total 3 ", "app.requests.total 5 ", "app.depth.value 4 "} {
			if !strings.Contains(g.String(), want) {
				t.Errorf("graphite got %q without %q", g.String(), want)
			}
		}
		for _, p := range []*reporters.Pusher{whole, part} {
			if err := p.Ledger().Check(); err != nil || p.Ledger().Delivered == 0 {
				t.Errorf("%s: %v, %v", p.Name(), p.Ledger(), err)
			}
		}
	})
}

// An encoder of the destination sees one series for each that the collector has,
// also while series come and go and their numbers are given again.
func TestSeriesThatComeAndGo(t *testing.T) {
	registry := monkit.NewRegistry()
	keys := []monkit.SeriesKey{}
	values := map[string]float64{}
	source := monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		for _, k := range keys {
			cb(k, "total", values[k.Measurement])
		}
	})
	defer registry.ScopeNamed("s").Attach(source)()
	var out memory
	push := reporters.NewPusher(statsd.NewCodec(statsd.Options{}), &out, reporters.PusherOptions{Name: "s"})
	rep := mustOpen(t, push, Allow("m*"), Rename("m*", "n$1"), WithoutTags("scope"))
	c := collect.New(registry, collect.Options{Interval: time.Hour, Spread: -1}, rep)
	sent := map[string]float64{}
	for round := range 8 {
		keys = keys[:0]
		for i := range 5 {
			k := monkit.NewSeriesKey(fmt.Sprintf("m%d_%d", round, i))
			keys, values[k.Measurement] = append(keys, k), 0
		}
		for range 130 { // longer than a collector keeps the numbers of idle series
			for _, k := range keys {
				values[k.Measurement]++
				sent["n"+k.Measurement[1:]]++
			}
			if err := c.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	got := map[string]float64{}
	for line := range strings.Lines(out.String()) {
		var v float64
		name, rest, _ := strings.Cut(line, ".total:")
		if _, err := fmt.Sscanf(rest, "%f|c", &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got[name] += v
	}
	if !reflect.DeepEqual(got, sent) {
		t.Errorf("sent %v, counted %v", got, sent)
	}
	sh := rep.(interface{ self() *shaper }).self()
	if n := len(sh.table.names); n > 8*5 {
		t.Errorf("%d names are remembered of %d totals, which may come back", n, 8*5)
	}
	if err := push.Ledger().Check(); err != nil {
		t.Error(err)
	}
	statsOf(t, rep)
}
