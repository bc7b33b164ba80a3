package recent

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

var start = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func point(name string, at time.Duration, val float64) reporters.Point {
	return reporters.Point{Key: monkit.NewSeriesKey(name), Value: val, Time: start.Add(at).UnixNano()}
}

// report reports points as a collector does, and checks that the ledger
// balances.
func report(t *testing.T, s *Store, at time.Duration, points ...reporters.Point) {
	t.Helper()
	if err := s.Report(t.Context(), &reporters.Batch{At: start.Add(at), Points: points}); err != nil {
		t.Fatal(err)
	}
	checkLedger(t, s)
}

func checkLedger(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Ledger().Check(); err != nil {
		t.Error(err)
	}
}

func names(s *Store, match func(string) bool) []string {
	var all []string
	for series := range s.Series(match) {
		all = append(all, series.Name)
	}
	return all
}

// values are those of the one series of s.
func values(t *testing.T, s *Store) []float64 {
	t.Helper()
	var vals []float64
	n := 0
	for series := range s.Series(nil) {
		n++
		for _, sample := range series.AppendSamples(nil) {
			vals = append(vals, sample.Value)
		}
	}
	if n > 1 {
		t.Fatalf("%d series, want one", n)
	}
	return vals
}

func TestPointIsKeptOrDroppedWithAReason(t *testing.T) {
	const window = 10 * time.Minute
	for _, tt := range []struct {
		name string
		p    reporters.Point
		drop ledger.Reason
	}{
		{"a number now", point("a", 0, 1), ""},
		{"as old as the window", point("a", -window, 1), ""},
		{"older than the window", point("a", -window-1, 1), ledger.TooOld},
		{"a window ahead", point("a", window, 1), ""},
		{"more than a window ahead", point("a", window+1, 1), ledger.TooNew},
		{"NaN", point("a", 0, math.NaN()), ledger.NotFinite},
		{"infinite", point("a", 0, math.Inf(-1)), ledger.NotFinite},
		{"name that is too long", point(strings.Repeat("a", maxText), 0, 1), ledger.NameTooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New()
			report(t, s, 0, tt.p)
			l := s.Ledger()
			if tt.drop == "" && l.Delivered != 1 || tt.drop != "" && l.Dropped[tt.drop] != 1 {
				t.Errorf("ledger is %v, want it dropped for %q", l, tt.drop)
			}
		})
	}
}

func TestRingReplacesSortsAndBounds(t *testing.T) {
	type put struct {
		at  time.Duration
		val float64
	}
	for _, tt := range []struct {
		name string
		max  int
		puts []put
		want []float64
	}{
		{"in order", 4, []put{{1, 1}, {2, 2}, {3, 3}}, []float64{1, 2, 3}},
		{"the oldest makes room", 3, []put{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}}, []float64{3, 4, 5}},
		{"a late one finds its place", 4, []put{{1, 1}, {3, 3}, {2, 2}}, []float64{1, 2, 3}},
		{"a late one finds its place in a full ring", 3, []put{{1, 1}, {2, 2}, {4, 4}, {3, 3}}, []float64{2, 3, 4}},
		{"one too late for a full ring is refused", 3, []put{{2, 2}, {3, 3}, {4, 4}, {1, 1}}, []float64{2, 3, 4}},
		{"the same time again replaces", 3, []put{{1, 1}, {2, 2}, {3, 3}, {2, 9}}, []float64{1, 9, 3}},
		{"a ring of one holds the newest", 1, []put{{1, 1}, {2, 2}, {1, 7}}, []float64{2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewWith(Options{MaxSamples: tt.max})
			for _, p := range tt.puts {
				report(t, s, p.at, point("a", p.at, p.val))
			}
			if got := values(t, s); !slices.Equal(got, tt.want) {
				t.Errorf("samples are %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRingGrowsAndWrapsInOrder(t *testing.T) {
	s := NewWith(Options{MaxSamples: 100, Window: time.Hour})
	for i := range 1000 {
		report(t, s, time.Duration(i)*time.Second, point("a", time.Duration(i)*time.Second, float64(i)))
	}
	got := values(t, s)
	if len(got) != 100 || got[0] != 900 || got[99] != 999 || !slices.IsSorted(got) {
		t.Errorf("kept %d samples: %v, want 900 to 999", len(got), got)
	}
}

func TestSamplesOutsideTheWindowAreDeleted(t *testing.T) {
	s := NewWith(Options{Window: time.Minute})
	for i := range 5 {
		at := time.Duration(i) * 20 * time.Second
		report(t, s, at, point("a", at, float64(i)))
	}
	if got, want := values(t, s), []float64{1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("samples are %v, want %v", got, want)
	}
}

// gnocchi#307: after the wall clock was set back, the values of the old clock are
// in the future, and stay the newest for as long as the step was.
func TestNewestValueFollowsAClockThatWasSetBack(t *testing.T) {
	for _, tt := range []struct {
		name string
		back time.Duration
		last float64
		n    int // samples
	}{
		{"a batch that comes late", time.Minute, 9, 11},
		{"less than the window", 2 * time.Minute, 100, 6},
		{"an hour", time.Hour, 100, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewWith(Options{MaxSeries: 2})
			const after = 4 * time.Minute
			for i := range 10 {
				at := after * time.Duration(i) / 9
				report(t, s, at, point("a", at, float64(i)), point("gone", after, 0))
			}
			back := after - tt.back + time.Second
			report(t, s, back, point("a", back, 100))
			for series := range s.Series(func(name string) bool { return name == "a" }) {
				if n := len(series.AppendSamples(nil)); series.Last.Value != tt.last || n != tt.n {
					t.Errorf("the newest of %d samples is %v, want %v of %d", n, series.Last.Value, tt.last, tt.n)
				}
			}
			if tt.last == 100 {
				report(t, s, back, point("new", back, 1)) // in the place of the series that has no sample any more
				if l := s.Ledger(); l.Dropped.Sum() != 0 {
					t.Errorf("points were dropped: %v", l)
				}
			}
		})
	}
}

// Each reason by which points are dropped has a series, whatever the point is.
func TestEachReasonOfADropIsEmitted(t *testing.T) {
	s := NewWith(Options{MaxSeries: 1, Window: time.Minute})
	member := point("set", 0, 0)
	member.Kind = reporters.SetMember
	report(t, s, 0, point("a", 0, 1), member, point("nan", 0, math.NaN()), point("old", -time.Hour, 1), point("new", time.Hour, 1),
		point(strings.Repeat("n", 2*maxText), 0, 1), point("b", 0, 1))
	l, stats := s.Ledger(), monkit.Collect(s)
	if len(l.Dropped) != len(reasons) || l.Dropped.Sum() != 6 {
		t.Errorf("dropped %v, want one by each of %v", l.Dropped, reasons)
	}
	for reason, n := range l.Dropped {
		if got := stats["recent,reason="+string(reason)+" dropped"]; got != float64(n) {
			t.Errorf("Stats emits %v dropped as %s, want %d", got, reason, n)
		}
	}
	if err := l.Check(); err != nil {
		t.Error(err)
	}
}

func TestSeriesLimitIsCountedAndIdleSeriesAreReplaced(t *testing.T) {
	s := NewWith(Options{MaxSeries: 2, Window: time.Minute})
	report(t, s, 0, point("a", 0, 1), point("b", 0, 1), point("c", 0, 1))
	if got := s.Ledger().Dropped[ledger.SeriesLimit]; got != 1 {
		t.Errorf("%d dropped for the limit, want 1", got)
	}
	if got := monkit.Collect(s)["recent,reason=series_limit dropped"]; got != 1 {
		t.Errorf("Stats emits %v dropped, want 1", got)
	}
	const later = 2 * time.Minute
	report(t, s, later, point("c", later, 1))
	if got, want := names(s, nil), []string{"c"}; !slices.Equal(got, want) {
		t.Errorf("series are %v, want %v", got, want)
	}
	if got := monkit.Collect(s)["recent series_expired"]; got != 2 {
		t.Errorf("%v series expired, want 2", got)
	}
}

func TestCollectorPointsAreFoundByTheirNumber(t *testing.T) {
	s := NewWith(Options{Window: time.Minute})
	key := monkit.NewSeriesKey("m").WithTag("b", "2").WithTag("a", "1")
	at := func(d time.Duration, val float64) reporters.Point {
		return reporters.Point{Key: key, Field: "total", Kind: reporters.Counter, Series: 1, ID: 2, Value: val, Time: start.Add(d).UnixNano()}
	}
	report(t, s, 0, at(0, 1))
	report(t, s, time.Second, at(time.Second, 2))
	for series := range s.Series(nil) {
		if series.Name != "m,a=1,b=2 total" || series.Field != "total" || series.Kind != reporters.Counter || series.Last.Value != 2 {
			t.Errorf("series is %+v", series)
		}
	}
	report(t, s, 5*time.Minute) // forgets it
	if got := names(s, nil); got != nil {
		t.Fatalf("%v is still there", got)
	}
	report(t, s, 5*time.Minute, at(5*time.Minute, 3))
	if got := values(t, s); !slices.Equal(got, []float64{3}) {
		t.Errorf("samples after it came back are %v, want 3", got)
	}
}

// wire is a batch of lines as a decoder makes it, each of the points named.
func wire(lines ...[]string) *reporters.Batch {
	b := &reporters.Batch{At: start, Format: "test"}
	for _, line := range lines {
		first := len(b.Points)
		for i, name := range line {
			p := point(b.Copy([]byte(name)), 0, float64(i))
			if strings.HasPrefix(name, "nan") {
				p.Value = math.NaN()
			}
			p.Key.Tags = p.Key.Tags.Set(b.Copy([]byte("host")), b.Copy([]byte("h")))
			p.Field = b.Copy([]byte("f"))
			b.Points = append(b.Points, p)
		}
		b.AddLine(nil, first)
	}
	return b
}

func TestLedgerCountsReceivedLines(t *testing.T) {
	s := New()
	if err := s.Report(t.Context(), wire([]string{"a", "b"}, []string{"nan1", "c"}, []string{"nan1", "nan2"}, nil)); err != nil {
		t.Fatal(err)
	}
	checkLedger(t, s)
	if l := s.Ledger(); l.Accepted != 4 || l.Delivered != 3 || l.Dropped[ledger.NotFinite] != 1 {
		t.Errorf("ledger is %v, want 4 accepted, 3 delivered, 1 not finite", l)
	}
}

func TestStoreKeepsNoMemoryOfTheBatch(t *testing.T) {
	s := New()
	for range 2 { // the second time each is found, not made
		b := wire([]string{"a"}, []string{"b"})
		if err := s.Report(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		b.Reset() // overwrites its text under the race detector
	}
	if got, want := names(s, nil), []string{"a,host=h f", "b,host=h f"}; !slices.Equal(got, want) {
		t.Errorf("series are %q, want %q", got, want)
	}
	for series := range s.Series(nil) {
		if got := series.Key.WithField(series.Field); got != series.Name {
			t.Errorf("key and field of %s are %q", series.Name, got)
		}
	}
}

func TestSeriesDifferByTheirParts(t *testing.T) {
	key := monkit.NewSeriesKey("m")
	s := New()
	report(t, s, 0,
		reporters.Point{Key: key.WithTag("a", "b"), Field: "c", Time: start.UnixNano()},
		reporters.Point{Key: key.WithTag("a", "bc"), Time: start.UnixNano()},
		reporters.Point{Key: key.WithTag("ab", ""), Field: "c", Time: start.UnixNano()},
		reporters.Point{Key: key, Field: "abc", Time: start.UnixNano()},
	)
	if got := names(s, nil); len(got) != 4 {
		t.Errorf("series are %q, want 4", got)
	}
}

func TestMatchNeedsAllWords(t *testing.T) {
	for _, tt := range []struct {
		query, name string
		want        bool
	}{
		{"", "anything", true},
		{"req", "http.requests", true},
		{"REQ http", "http.Requests", true},
		{"req grpc", "http.requests", false},
		{"req -http", "http.requests", false},
		{"req -grpc", "http.requests", true},
		{"-", "http.requests", true},
	} {
		if got := Match(tt.query)(tt.name); got != tt.want {
			t.Errorf("Match(%q)(%q) = %v, want %v", tt.query, tt.name, got, tt.want)
		}
	}
}

func TestSeriesAreSortedAndMatched(t *testing.T) {
	s := New()
	report(t, s, 0, point("b.x", 0, 1), point("a.y", 0, 1), point("a.x", 0, 1))
	if got, want := names(s, Match("x")), []string{"a.x", "b.x"}; !slices.Equal(got, want) {
		t.Errorf("series are %v, want %v", got, want)
	}
	for range s.Series(nil) {
		break // leaves the iterator early
	}
}

func TestAppendRates(t *testing.T) {
	at := func(sec int, val float64) Sample { return Sample{start.Add(time.Duration(sec) * time.Second), val} }
	got := AppendRates(nil, []Sample{at(0, 10), at(2, 20), at(3, 20), at(4, 3)})
	want := []Sample{at(2, 5), at(3, 0), at(4, 3)}
	if !slices.Equal(got, want) {
		t.Errorf("rates are %v, want %v", got, want)
	}
	if got := AppendRates(nil, want[:1]); got != nil {
		t.Errorf("rates of one sample are %v", got)
	}
}

func TestConcurrentReadersAndWriters(t *testing.T) {
	s := NewWith(Options{MaxSeries: 50, MaxSamples: 10, Window: time.Minute})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 200 {
				at := time.Duration(i) * time.Second
				s.Report(t.Context(), &reporters.Batch{At: start.Add(at), Points: []reporters.Point{point(fmt.Sprint(w, i), at, 1)}})
			}
		})
		wg.Go(func() {
			for range 50 {
				for series := range s.Series(nil) {
					series.AppendSamples(nil)
				}
				monkit.Collect(s)
			}
		})
	}
	wg.Wait()
	checkLedger(t, s)
	if l := s.Ledger(); l.Accepted != 800 {
		t.Errorf("accepted %d, want 800", l.Accepted)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestKnownSeriesAllocateNothing(t *testing.T) {
	s := New()
	tags := monkit.NewSeriesKey("m").WithTag("host", "h")
	b := &reporters.Batch{At: start}
	for i := range 100 {
		b.Points = append(b.Points, reporters.Point{Key: tags, Field: fmt.Sprint("f", i), Time: start.UnixNano()})
	}
	s.Report(t.Context(), b)
	if n := testing.AllocsPerRun(10, func() { s.Report(t.Context(), b) }); n > 1 { // 1: the test's own context
		t.Errorf("%v allocations for 100 known points, want none", n)
	}
}

func BenchmarkReport(b *testing.B) {
	for _, identity := range []bool{false, true} {
		b.Run(fmt.Sprintf("identity=%v", identity), func(b *testing.B) {
			s, batch := New(), &reporters.Batch{At: start}
			for i := range 1000 {
				p := point(fmt.Sprint("vlite.function.handler.number", i), 0, 1)
				if identity {
					p.Series, p.ID = uint32(i+1), uint32(i+1)
				}
				batch.Points = append(batch.Points, p)
			}
			b.ReportAllocs()
			for b.Loop() {
				s.Report(b.Context(), batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/point")
		})
	}
}

func TestOnlyCountsAreTotals(t *testing.T) {
	s := New()
	want := map[string]bool{
		"series": false, "series_limit": false, "samples": false, "sample_bytes": false,
		"delivered": true, "dropped": true, "series_expired": true,
	}
	seen := map[string]bool{}
	s.Stats(func(key monkit.SeriesKey, field string, _ float64) {
		seen[field] = true
		if total, known := s.IsTotal(key, field); !known || total != want[field] {
			t.Errorf("%s: total is %v (known: %v), want %v", key.WithField(field), total, known, want[field])
		}
	})
	if len(seen) != len(want) {
		t.Errorf("Stats emits %v, want the fields of %v", seen, want)
	}
	if _, known := s.IsTotal(monkit.NewSeriesKey("other"), "delivered"); known {
		t.Error("a series of another source is known")
	}
}
