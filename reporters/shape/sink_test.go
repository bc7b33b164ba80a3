package shape

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// sink is a reporter with a ledger. It keeps the text of what it gets.
type sink struct {
	texts  []string // "measurement,key=value field value kind", in order
	lines  []string // of received lines: Raw, or "rebuilt"
	last   reporters.Batch
	counts ledger.Ledger
	err    error
	during func(b *reporters.Batch)
}

func (s *sink) Report(_ context.Context, b *reporters.Batch) error {
	s.texts, s.lines = nil, nil
	for _, p := range b.Points {
		s.texts = append(s.texts, strings.Clone(fmt.Sprintf("%s %v", p.Key.WithField(p.Field), p.Value)+kindText(p.Kind)))
	}
	n := int64(len(b.Points))
	if b.Format != "" {
		n = int64(len(b.Lines))
	}
	for _, l := range b.Lines {
		if l.Raw == nil {
			s.lines = append(s.lines, "rebuilt")
		} else {
			s.lines = append(s.lines, string(l.Raw))
		}
	}
	s.last = *b
	if s.during != nil {
		s.during(b)
	}
	s.counts.Accepted += n
	if s.err != nil {
		s.counts.Drop(ledger.SendFailed, n)
		return s.err
	}
	s.counts.Delivered += n
	return nil
}

func kindText(k reporters.Kind) string {
	switch k {
	case reporters.Counter:
		return " c"
	case reporters.CounterDelta:
		return " d"
	}
	return ""
}

func (s *sink) Flush(context.Context) error { return s.err }
func (s *sink) Close(context.Context) error { return nil }
func (s *sink) Ledger() ledger.Ledger       { return s.counts.Clone() }

// check reports an error unless the last batch had just these points, and the
// ledger balances.
func (s *sink) check(t *testing.T, what string, want ...string) {
	t.Helper()
	if got := strings.Join(s.texts, "; "); got != strings.Join(want, "; ") {
		t.Errorf("%s: reported\n%s, want\n%s", what, got, strings.Join(want, "; "))
	}
	if err := s.counts.Check(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// numbered gives points of a collector their numbers, by their text.
type numbered struct {
	keys   map[string]monkit.SeriesKey
	series map[string]uint32
	points map[string]uint32
}

func newNumbered() *numbered {
	return &numbered{map[string]monkit.SeriesKey{}, map[string]uint32{}, map[string]uint32{}}
}

// batch makes a batch at that second of points like "m,a=b total=7".
func (n *numbered) batch(second int64, texts ...string) *reporters.Batch {
	b := &reporters.Batch{At: unix(second)}
	for _, text := range texts {
		p := pointOf(text, second)
		series := p.Key.String()
		if n.series[series] == 0 {
			n.keys[series], n.series[series] = p.Key, uint32(len(n.series)+1)
		}
		if id := p.Key.WithField(p.Field); n.points[id] == 0 {
			n.points[id] = uint32(len(n.points) + 1)
		}
		p.Key = n.keys[series]
		p.Series, p.ID = n.series[series], n.points[p.Key.WithField(p.Field)]
		b.Points = append(b.Points, p)
	}
	return b
}

// lines makes a batch of received lines, each of points with semicolons between.
func lines(second int64, texts ...string) *reporters.Batch {
	b := &reporters.Batch{}
	fill(b, second, texts...)
	return b
}

func fill(b *reporters.Batch, second int64, texts ...string) {
	b.At, b.Format = unix(second), "text"
	for _, text := range texts {
		first := len(b.Points)
		for _, point := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' }) {
			p := pointOf(point, second)
			p.Key.Measurement, p.Field = b.Copy([]byte(p.Key.Measurement)), b.Copy([]byte(p.Field))
			b.Points = append(b.Points, p)
		}
		b.AddLine(b.CopyBytes([]byte("raw "+text)), first)
	}
}

func pointOf(text string, second int64) reporters.Point {
	name, value, _ := strings.Cut(text, ":")
	v := viewOf(name)
	p := reporters.Point{Key: monkit.NewSeriesKey(v.measurement), Field: v.field, Time: second * 1e9, Kind: reporters.KindOf(v.field)}
	if len(v.tags) > 0 {
		p.Key = p.Key.WithTags(v.tags...)
	}
	if _, err := fmt.Sscan(value, &p.Value); err != nil {
		panic(fmt.Sprintf("%q: %v", text, err))
	}
	return p
}

// statsOf returns the fields of the shaper's own series that are not 0, and
// checks that they balance.
func statsOf(t *testing.T, rep reporters.Reporter) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	rep.(monkit.StatSource).Stats(func(key monkit.SeriesKey, field string, val float64) {
		if key.Measurement == measurement && val != 0 {
			got[field] += val
		}
	})
	sum := got["passed_points"] + got["denied_points"] + got["misnamed_points"] + got["collided_points"] + got["failed_points"]
	if got["points"] != sum {
		t.Errorf("%v points, %v are accounted for: %v", got["points"], sum, got)
	}
	return got
}

func checkStats(t *testing.T, rep reporters.Reporter, want map[string]float64) {
	t.Helper()
	if got := statsOf(t, rep); !maps.Equal(got, want) {
		t.Errorf("stats are %v, want %v", got, want)
	}
}

// quiet is for tests that are not about the log.
var quiet = slog.New(slog.DiscardHandler)

func mustOpen(t testing.TB, rep reporters.Reporter, steps ...Step) reporters.Reporter {
	t.Helper()
	r, err := Open(rep, Options{Logger: quiet}, steps...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func report(t testing.TB, rep reporters.Reporter, b *reporters.Batch) {
	t.Helper()
	if err := rep.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}
