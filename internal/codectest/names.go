package codectest

import (
	"context"
	"slices"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// A Name is what distinguishes a point of a collector.
type Name struct{ Measurement, Key, Val, Field string }

// NameOf returns the Name of a series with one tag.
func NameOf(measurement, key, val, field string) Name { return Name{measurement, key, val, field} }

func (n Name) series() monkit.SeriesKey {
	return monkit.NewSeriesKey(n.Measurement).WithTag(n.Key, n.Val)
}

// SeedNames adds names to f that are alike once they are cleaned, for a fuzz test
// with the arguments measurement, key, value and field of two points.
func SeedNames(f *testing.F) {
	for _, pair := range [][2]Name{
		{{"a b", "", "", "f"}, {"a_b", "", "", "f"}},
		{{"a", "k", "v", "f"}, {"a.v", "", "", "f"}},
		{{"a", "", "", "b"}, {"a.b", "", "", ""}},
		{{"a", "", "", "b c"}, {"a", "", "", "b_c"}},
		{{"", "", "", "4xx"}, {"", "", "", "n4xx"}},
		{{"m", "host", "a", "host"}, {"m", "host", "a", "host_"}},
		{{"m", "", "", "time"}, {"m", "", "", "time_"}},
		{{"m", "", "", `C:\`}, {"m", "", "", "C:/"}},
		{{"m", "", "", ""}, {"m", "", "", "value"}},
		{{"m", "city", "東京", "f"}, {"m", "city", "大阪", "f"}},
		{{"m", "name", "x", "f"}, {"m", "func", "x", "f"}},
		{{"m", "empty", "", "f"}, {"m", "", "", "f"}},
		{{"_m", "", "", "f"}, {"n_m", "", "", "f"}},
		{{"a.", "", "", "f"}, {".a", "", "", "f"}},
		{{"m", "k", "", "a b"}, {"m", "", "v", "a b"}},
		{{"page", "blue", "", "f"}, {"page", "blue", "true", "f"}},
		{{"page", "blue", "", "f"}, {"page", "red", "", "f"}},
		{{"req", "env", "prod", "f"}, {"req", "zone", "prod", "f"}},
		{{"req", "env", "prod", "f"}, {"req.env.prod", "", "", "f"}},
		{{"m", "name", "x", "f"}, {"m", "kind", "x", "f"}},
		{{"m", "scope", "", "f"}, {"m", "", "", "f"}},
		{{"function", "name", "x", "f"}, {"function", "kind", "x", "f"}},
		{{"m", "t", "~", "f"}, {"m", "t", "~~", "f"}},
	} {
		a, b := pair[0], pair[1]
		f.Add(a.Measurement, a.Key, a.Val, a.Field, b.Measurement, b.Key, b.Val, b.Field)
	}
}

// CheckNames fails if codec writes a and b, points of one batch, under one name
// without counting that. namesOf returns the names in lines.
func CheckNames(t testing.TB, codec reporters.Codec, namesOf func(lines []byte) []string, a, b Name) {
	t.Helper()
	points := []reporters.Point{
		{Key: a.series(), Field: a.Field, Value: 1, Time: second * 1e9, Series: 1, ID: 1},
		{Key: b.series(), Field: b.Field, Value: 2, Time: second * 1e9, Series: 2, ID: 2},
	}
	runs := [][]reporters.Point{points[:1], points[1:]}
	if points[0].Key.String() == points[1].Key.String() {
		if points[0].Field == points[1].Field {
			return
		}
		points[1].Key, points[1].Series = points[0].Key, 1
		runs = [][]reporters.Point{points}
	}
	names := codec.(reporters.NameChecker)
	for batch := 1; batch <= 2; batch++ {
		names.BeginBatch(points)
		var text []byte
		skipped := 0
		for _, run := range runs {
			var n int
			text, n = codec.AppendRun(text, run)
			skipped += n
		}
		names.EndBatch()
		got := namesOf(text)
		slices.Sort(got)
		if len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("batch %d: %+q and %+q are both written as %q:\n%s", batch, a, b, got, text)
		}
		if len(got)+skipped != 2 {
			t.Errorf("batch %d: %+q and %+q are written as %q, and %d are skipped", batch, a, b, got, skipped)
		}
		series, refused := names.Collisions()
		if refused > int64(skipped)*int64(batch) || series > 2 || series == 0 && refused > 0 {
			t.Errorf("batch %d: %d points are skipped, and the count is %d of %d series", batch, skipped, refused, series)
		}
	}
}

// CheckSums fails if the values that codec writes for a and b, counters that grow by 1
// and 2 a walk, are not what these have counted: each under its name, or both under
// one. valuesOf returns the values of lines by name. grows is true if codec writes what
// a counter grew by.
func CheckSums(t testing.TB, codec reporters.Codec, grows bool, valuesOf func(lines string) map[string]float64, a, b Name) {
	t.Helper()
	out := &Payloads{}
	pusher := reporters.NewPusher(codec, out, reporters.PusherOptions{MaxPayload: 1 << 16, MaxLine: 1 << 16, Format: codec.Name()})
	for walk := range int64(2) {
		batch := &reporters.Batch{Points: []reporters.Point{
			{Key: a.series(), Field: a.Field, Value: float64(1 + walk), Time: (second + walk) * 1e9, Kind: reporters.Counter, Series: 1, ID: 1},
			{Key: b.series(), Field: b.Field, Value: float64(2 + 2*walk), Time: (second + walk) * 1e9, Kind: reporters.Counter, Series: 2, ID: 2},
		}}
		if a.series().String() == b.series().String() {
			return // CheckNames has fields of one series
		}
		out.Text.Reset()
		if err := pusher.Report(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
		sum, want := 0.0, float64(3+3*walk)
		if grows {
			want = 3
		}
		for _, v := range valuesOf(out.Text.String()) {
			sum += v
		}
		if l := pusher.Ledger(); l.Check() != nil || l.Pending != 0 || l.Dropped.Sum() == 0 && sum != want || l.Dropped[ledger.NameCollision] > 0 {
			t.Errorf("walk %d: of %+q and %+q the sum is %v, want %v; the ledger is %v:\n%s", walk, a, b, sum, want, l, out.Text.String())
		}
	}
}
