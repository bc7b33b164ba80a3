package codectest

import (
	"slices"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
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
