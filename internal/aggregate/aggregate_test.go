package aggregate

import (
	"context"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// observed is one observation as a decoder adds it to a batch.
type observed struct {
	name, tags string // tags are one text: "key=value"
	kind       reporters.Kind
	value      float64
	member     string
	weight     float64 // zero means 1
	stamp      int64   // seconds; zero means none
}

func counted(name string, v float64) observed {
	return observed{name: name, kind: reporters.CounterDelta, value: v}
}
func level(name string, v float64) observed {
	return observed{name: name, kind: reporters.Gauge, value: v}
}
func moved(name string, v float64) observed {
	return observed{name: name, kind: reporters.GaugeDelta, value: v}
}
func timed(name string, v float64) observed {
	return observed{name: name, kind: reporters.Sample, value: v}
}
func member(name, m string) observed {
	return observed{name: name, kind: reporters.SetMember, member: m}
}
func (o observed) weighing(w float64) observed { o.weight = w; return o }
func (o observed) at(second int64) observed    { o.stamp = second; return o }

// line adds a line of these to b, with text of its own, as decoders do.
func line(b *reporters.Batch, all ...observed) {
	b.Format = "statsd"
	first := len(b.Points)
	for _, o := range all {
		key := monkit.SeriesKey{Measurement: b.Copy([]byte(o.name))}
		if o.tags != "" {
			var k, v string
			fmt.Sscanf(o.tags, "%1s=%s", &k, &v)
			key = key.WithTag(b.Copy([]byte(k)), b.Copy([]byte(v)))
		}
		p := reporters.Point{Key: key, Kind: o.kind, Value: o.value, Time: b.At.UnixNano()}
		if o.kind == reporters.SetMember {
			p.Field = b.Copy([]byte(o.member))
		}
		if o.stamp != 0 {
			p.Stamped, p.Time = true, o.stamp*1e9
		}
		if o.weight != 0 {
			p.SetWeight(o.weight)
		}
		b.Points = append(b.Points, p)
	}
	b.AddLine(nil, first)
}

// report reports a batch with a line for each of all, from a listener.
func report(t testing.TB, a *Aggregate, listener string, all ...observed) {
	t.Helper()
	b := reporters.Batch{At: time.Now(), Listener: listener}
	for _, o := range all {
		line(&b, o)
	}
	if err := a.Report(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	b.Reset() // overwrites text that a kept without a copy, under the race detector
	checkBalance(t, a)
}

// checkBalance checks the ledger of a, and that the memory that it counts is that of
// its series.
func checkBalance(t testing.TB, a *Aggregate) {
	t.Helper()
	if err := a.Ledger().Check(); err != nil {
		t.Error(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	used := make(map[*account]int64)
	waiting := int64(0)
	for _, s := range a.series {
		used[s.owner] += s.taken() + a.cost([]byte(s.name), s.key.Tags.Len())
		waiting += s.waiting
	}
	for name, acct := range a.accounts {
		if acct.used != used[acct] || acct.used > acct.limit {
			t.Errorf("the account of %q has used %d of %d bytes, and its series take %d", name, acct.used, acct.limit, used[acct])
		}
	}
	if waiting != a.counts.Pending {
		t.Errorf("%d lines wait in series, and %d are pending", waiting, a.counts.Pending)
	}
}

func TestLinesAddUp(t *testing.T) {
	tagged := func(o observed, tags string) observed { o.tags = tags; return o }
	for _, tt := range []struct {
		name  string
		lines []observed
		want  map[string]float64
	}{
		{"counters add up", []observed{counted("a", 1), counted("a", 2)}, map[string]float64{"a total": 3}},
		{"a counter may fall", []observed{counted("a", 1), counted("a", -2)}, map[string]float64{"a total": -1}},
		{"a gauge keeps its last value", []observed{level("g", 5), level("g", 3)}, map[string]float64{"g value": 3}},
		{"a gauge is moved", []observed{level("g", 5), moved("g", -2), moved("g", 4)}, map[string]float64{"g value": 7}},
		{"a gauge that was never set is moved from zero", []observed{moved("g", -2)}, map[string]float64{"g value": -2}},
		{"samples are a distribution", []observed{timed("t", 10), timed("t", 20)}, map[string]float64{
			"t count": 2, "t sum": 30, "t min": 10, "t max": 20, "t recent": 20, "t rmin": 10, "t rmax": 20, "t ravg": 15, "t r50": 15, "t r10": 11, "t r90": 19, "t r95": 19.5, "t r99": 19.9, "t r999": 19.99,
		}},
		{"members of a set are counted once", []observed{member("s", "a"), member("s", "b"), member("s", "a"), member("s", "")}, map[string]float64{"s count": 3}},
		{"kinds of one name are different series", []observed{counted("x", 1), level("x", 9), timed("x", 5)}, map[string]float64{"x total": 1, "x value": 9, "x sum": 5}},
		{"tags are part of a series", []observed{tagged(counted("a", 1), "k=v"), tagged(counted("a", 2), "k=w")}, map[string]float64{"a,k=v total": 1, "a,k=w total": 2}},
		{"keys and values of tags do not run together", []observed{tagged(counted("a", 1), "k=vl"), tagged(counted("ak", 2), "v=l")}, map[string]float64{"a,k=vl total": 1, "ak,v=l total": 2}},
		// statsd 0.9.0 replaces white space by "_" and adds both up. Decoders do the
		// first, so that the keys are equal here.
		{"names that are equal once they are clean add up", []observed{counted("a_b", 1), counted("a_b", 4)}, map[string]float64{"a_b total": 5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := New(Options{})
			report(t, a, "", tt.lines...)
			got := monkit.Collect(a)
			for series, want := range tt.want {
				if v, ok := got[series]; !ok || math.Abs(v-want) > .01*math.Abs(want) {
					t.Errorf("%s is %v, want %v, in %v", series, v, want, got)
				}
			}
			checkBalance(t, a)
			if l := a.Ledger(); l.Delivered != int64(len(tt.lines)) {
				t.Errorf("ledger is %v", l)
			}
		})
	}
}

// The order of tags is of no importance: a TagSet is sorted.
func TestOrderOfTagsIsOfNoImportance(t *testing.T) {
	a, b := New(Options{}), reporters.Batch{}
	for _, tags := range [][]monkit.SeriesTag{{{Key: "a", Val: "1"}, {Key: "b", Val: "2"}}, {{Key: "b", Val: "2"}, {Key: "a", Val: "1"}}} {
		b.Points = append(b.Points, reporters.Point{Key: monkit.NewSeriesKey("m").WithTags(tags...), Kind: reporters.CounterDelta, Value: 1})
		b.AddLine(nil, len(b.Points)-1)
	}
	if err := a.Report(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if got := monkit.Collect(a); len(got) != 1 || got["m,a=1,b=2 total"] != 2 {
		t.Errorf("the series are %v", got)
	}
	checkBalance(t, a)
}

func TestWeightsCount(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []observed
		want  map[string]float64
	}{
		// statsd_exporter and DogStatsD weight count and sum (gostatsd#190,
		// statsd_exporter#250). statsd 0.9.0 weights the count alone.
		{"t:100|ms|@0.1", []observed{timed("t", 100).weighing(10)}, map[string]float64{"t count": 10, "t sum": 1000, "t min": 100, "t max": 100, "t r50": 100, "t rmax": 100, "t ravg": 100, "t recent": 100}},
		{"weights need not be whole", []observed{timed("t", 3).weighing(1 / .3)}, map[string]float64{"t count": 1 / .3, "t sum": 10, "t max": 3}},
		{"a rate above one", []observed{timed("t", 4).weighing(.5), timed("t", 8)}, map[string]float64{"t count": 1.5, "t sum": 10, "t r50": 6, "t ravg": 10 / 1.5}},
		{"quantiles are of the samples", []observed{timed("t", 10).weighing(1000), timed("t", 20)}, map[string]float64{"t count": 1001, "t sum": 10020, "t r50": 15, "t ravg": 10020. / 1001}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := New(Options{})
			report(t, a, "", tt.lines...)
			got := monkit.Collect(a)
			for series, want := range tt.want {
				if v := got[series]; math.Abs(v-want) > 1e-9*want {
					t.Errorf("%s is %v, want %v", series, v, want)
				}
			}
		})
	}
}

func TestSumsStayFinite(t *testing.T) {
	a := New(Options{})
	report(t, a, "", counted("c", 1e308), counted("c", 1e308), moved("g", -1e308), moved("g", -1e308), timed("t", 1e308), timed("t", 1e308),
		timed("t", 1).weighing(math.Inf(1)), timed("t", 1).weighing(-1), timed("t", 1).weighing(math.NaN()), timed("t", math.NaN()), level("g", math.Inf(1)))
	got := monkit.Collect(a)
	if got["c total"] != 1e308 || got["g value"] != -1e308 || got["t sum"] != 1e308 || got["t count"] != 1 {
		t.Errorf("the series are %v", got)
	}
	if l := a.Ledger(); l.Dropped[ledger.NotFinite] != 8 || l.Delivered != 3 {
		t.Errorf("ledger is %v", l)
	}
	checkBalance(t, a)
}

func TestLineWithoutPointsIsDropped(t *testing.T) {
	a, b := New(Options{}), reporters.Batch{}
	line(&b) // an event
	if err := a.Report(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if l := a.Ledger(); l.Dropped[ledger.Unsupported] != 1 {
		t.Errorf("ledger is %v", l)
	}
	checkBalance(t, a)
}

func TestLineIsPendingUntilItIsEmitted(t *testing.T) {
	a := New(Options{})
	var b reporters.Batch
	line(&b, counted("a", 1), counted("a", 2), level("a", 3))
	line(&b, counted("b", 1))
	if err := a.Report(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, a)
	if l := a.Ledger(); l.Accepted != 2 || l.Pending != 2 {
		t.Errorf("before the walk, the ledger is %v", l)
	}
	monkit.Collect(a)
	checkBalance(t, a)
	if l := a.Ledger(); l.Pending != 0 || l.Delivered != 2 {
		t.Errorf("after the walk, the ledger is %v", l)
	}
	report(t, a, "", counted("a", 1))
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, a)
	if l := a.Ledger(); l.Pending != 0 || l.Delivered != 2 || l.Dropped[ledger.Closed] != 1 {
		t.Errorf("after Close, the ledger is %v", l)
	}
}

func TestOneNameIsATimerOrASet(t *testing.T) {
	for name, lines := range map[string][]observed{
		"timer first": {timed("x", 7), member("x", "a"), timed("x", 8)},
		"set first":   {member("x", "a"), timed("x", 7), member("x", "b")},
	} {
		a := New(Options{})
		report(t, a, "", lines...)
		got := monkit.Collect(a)
		if l := a.Ledger(); got["x count"] != 2 || l.Dropped[ledger.NameCollision] != 1 || l.Delivered != 2 {
			t.Errorf("%s: count is %v, ledger %v", name, got["x count"], l)
		}
	}
}

func TestNameAboveAKilobyteIsDropped(t *testing.T) {
	long := func(n int) string { return fmt.Sprintf("%0*d", n, 0) }
	a := New(Options{})
	report(t, a, "", counted(long(MaxName), 1), counted(long(MaxName+1), 1),
		observed{name: long(MaxName - 4), tags: "k=v"}, observed{name: long(MaxName - 4), tags: "k=vw"}, member(long(60_000), "x"))
	if l := a.Ledger(); l.Pending != 2 || l.Dropped[ledger.NameTooLong] != 3 {
		t.Errorf("ledger is %v", l)
	}
}

func TestIdleSeriesAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{})
		report(t, a, "", counted("old", 1), counted("kept", 1))
		time.Sleep(time.Duration(idleTime))
		report(t, a, "", counted("kept", 1))
		if got := monkit.Collect(a); got["old total"] != 1 {
			t.Errorf("after exactly an hour the series are %v", got)
		}
		time.Sleep(time.Second)
		got := monkit.Collect(a)
		if _, found := got["old total"]; found || got["kept total"] != 2 || len(a.series) != 1 || len(a.order) != 1 {
			t.Errorf("the series are %v", got)
		}
		if deleted := a.order[:2][1]; deleted != nil {
			t.Errorf("the aggregate still refers to the series %q", deleted.name)
		}
		checkBalance(t, a)
	})
}

// gnocchi#307: a wall clock that is set must neither delete series nor keep them.
func TestIdleTimeIsNotOfTheWallClock(t *testing.T) {
	for name, at := range map[string]time.Duration{"set back": -2 * time.Hour, "set ahead": 2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := New(Options{})
				b := reporters.Batch{At: time.Now().Round(0).Add(at)} // without the monotonic clock
				line(&b, counted("c", 1))
				if err := a.Report(t.Context(), &b); err != nil {
					t.Fatal(err)
				}
				if got := monkit.Collect(a); len(got) != 1 {
					t.Errorf("a new series is deleted: %v", got)
				}
				time.Sleep(time.Hour + time.Second)
				if got := monkit.Collect(a); len(got) != 0 {
					t.Errorf("an idle series is kept: %v", got)
				}
				checkBalance(t, a)
			})
		})
	}
}

func TestSetsAreOfOneInterval(t *testing.T) {
	a := New(Options{})
	for i, tt := range []struct {
		members []observed
		want    map[string]float64
	}{
		{[]observed{member("s", "a"), member("s", "b"), member("s", "b")}, map[string]float64{"s count": 2}},
		{[]observed{member("s", "b")}, map[string]float64{"s count": 1}}, // also one of the interval before
		{nil, map[string]float64{"s count": 0}},
		{nil, map[string]float64{}}, // statsd 0.9.0 repeats the 0 for ever
		{[]observed{member("s", "a")}, map[string]float64{"s count": 1}},
	} {
		report(t, a, "", tt.members...)
		if got := monkit.Collect(a); !maps.Equal(got, tt.want) {
			t.Errorf("walk %d emits %v, want %v", i, got, tt.want)
		}
		checkBalance(t, a)
	}
}

// A collector asks for the kind of each field: encoders must not take the falling
// count of a set for that of a distribution that was reset.
func TestCountOfASetIsNoTotal(t *testing.T) {
	a := New(Options{})
	report(t, a, "", member("s", "a"), timed("t", 1), counted("c", 1), level("g", 1))
	for series, want := range map[string]bool{"s count": false, "t count": true, "c total": true, "g value": false, "t sum": false, "t r50": false} {
		var name, field string
		fmt.Sscan(series, &name, &field)
		if total, known := a.IsTotal(monkit.NewSeriesKey(name), field); total != want || !known {
			t.Errorf("%s is a total: %v, %v, want %v", series, total, known, want)
		}
	}
}

func TestReportAllocatesNothing(t *testing.T) {
	a := New(Options{})
	var b reporters.Batch
	for i := range 100 {
		line(&b, counted(fmt.Sprint("m", i), 1))
		line(&b, timed(fmt.Sprint("m", i), float64(i)).weighing(2))
		line(&b, member(fmt.Sprint("s", i), "someone"))
	}
	again := func() { a.Report(t.Context(), &b) } // never fails
	again()
	if n := testing.AllocsPerRun(20, again); n != 0 {
		t.Errorf("%v allocations for 300 lines", n)
	}
	walk := func() { a.Stats(func(monkit.SeriesKey, string, float64) {}) }
	walk() // deletes no set, since all have members
	walk() // deletes all sets
	if n := testing.AllocsPerRun(5, walk); n > 1 {
		t.Errorf("%v allocations for a walk", n)
	}
	checkBalance(t, a)
}

func TestDroppedLinesHaveExamples(t *testing.T) {
	a := New(Options{})
	long := strings.Repeat("x", MaxName+1)
	b := reporters.Batch{At: time.Now()}
	b.AddLine([]byte("_sc|check|0"), 0) // has no points
	b.Points = append(b.Points, reporters.Point{Key: monkit.NewSeriesKey(long), Value: 1, Kind: reporters.CounterDelta})
	b.AddLine([]byte(long+":1|c"), 0)
	if err := a.Report(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, a)
	got := a.RejectedLines()
	if len(got) != 2 {
		t.Fatalf("the examples are %+v", got)
	}
	for _, l := range got {
		if want := map[ledger.Reason]string{ledger.Unsupported: "_sc|check|0", ledger.NameTooLong: long[:200]}[l.Reason]; l.Text != want || l.Err == "" {
			t.Errorf("the example is %+v, want the text %q", l, want)
		}
	}
}
