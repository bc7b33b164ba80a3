package influx

import (
	"testing"

	"monkit.example/internal/codectest"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// namesOf returns the series with the fields.
func namesOf(lines []byte) (names []string) {
	var b reporters.Batch
	newCodec().Decode(&b, lines)
	for _, p := range b.Points {
		names = append(names, p.Key.WithField(p.Field))
	}
	return names
}

// valuesOf returns the last value of each field of a series.
func valuesOf(lines string) map[string]float64 {
	var b reporters.Batch
	newCodec().Decode(&b, []byte(lines))
	values := map[string]float64{}
	for _, p := range b.Points {
		values[p.Key.WithField(p.Field)] = p.Value
	}
	return values
}

func FuzzNamesStayDistinct(f *testing.F) {
	codectest.SeedNames(f)
	f.Fuzz(func(t *testing.T, m1, k1, v1, f1, m2, k2, v2, f2 string) {
		a, b := codectest.NameOf(m1, k1, v1, f1), codectest.NameOf(m2, k2, v2, f2)
		codectest.CheckNames(t, newCodec(), namesOf, a, b)
		codectest.CheckSums(t, newCodec(), false, valuesOf, a, b)
	})
}

// A line holds each key once. InfluxDB takes a line with one key as tag and field,
// and then cannot query the field (influxdata/docs, "Avoid the same name for a tag
// and a field"); of two fields with one key it keeps one.
func TestLineHoldsEachKeyOnce(t *testing.T) {
	for _, tt := range []struct {
		name      string
		key       monkit.SeriesKey
		fields    []string
		want      string
		collision float64
	}{
		{"a tag and a field", key("m", "host", "a"), []string{"host", "x"}, "m,host=a host_=0,x=1 42\n", 1},
		{"a tag without a value", key("m", "host", ""), []string{"host"}, "m,host=true host_=0 42\n", 1},
		{"a tag that is not written", key("m", "", "host"), []string{"host"}, "m host=0 42\n", 0},
		{"a tag after it is cleaned", key("m", `a\`, "v"), []string{"a/"}, "m,a/=v a/_=0 42\n", 1},
		{"a reserved tag", key("m", "time", "v"), []string{"time_", "time"}, "m,time_=v time__=0,time___=1 42\n", 2},
		{"backslash and slash", key("m"), []string{`C:\`, "C:/"}, "m C:/_=0,C:/=1 42\n", 1},
		{"slash and backslash", key("m"), []string{"C:/", `C:\`}, "m C:/=0,C:/_=1 42\n", 1},
		{"a reserved field", key("m"), []string{"time", "time_", "time__"}, "m time___=0,time_=1,time__=2 42\n", 1},
		{"no field", key("m"), []string{"", "value"}, "m value_=0,value=1 42\n", 1},
		{"three fields", key("m"), []string{"a\nb", "a\tb", "a b"}, `m a\ b_=0,a\ b__=1,a\ b=2 42` + "\n", 2},
		{"other characters that need escapes", key("m"), []string{"a,b", "a=b", "a b"}, `m a\,b=0,a\=b=1,a\ b=2 42` + "\n", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			collector := newCodec()
			for _, series := range []uint32{0, 7} {
				var run []reporters.Point
				for i, field := range tt.fields {
					p := reporters.Point{Key: tt.key, Field: field, Value: float64(i), Time: 42}
					if series != 0 {
						p.Series, p.ID = series, uint32(i+1)
					}
					run = append(run, p)
				}
				for range 2 {
					got, skipped := collector.AppendRun(nil, run)
					if string(got) != tt.want || skipped != 0 {
						t.Errorf("series %d: got %q, %d skipped, want %q", series, got, skipped, tt.want)
					}
				}
			}
			if n, points := collector.(reporters.NameChecker).Collisions(); float64(n) != tt.collision || points != 0 {
				t.Errorf("%d names and %d points collided, want %v names", n, points, tt.collision)
			}
		})
	}
}

// The key of a field is not changed by fields that come or go, and is not that of
// the series that had its number.
func TestFieldKeepsItsKey(t *testing.T) {
	c := newCodec()
	for _, tt := range []struct {
		measurement string
		fields      []string
		want        string
	}{
		{"m", []string{"time", "time_"}, "m time__=0,time_=1 42\n"},
		{"m", []string{"time"}, "m time__=0 42\n"},
		{"m", []string{"time", "time__"}, "m time__=0,time___=1 42\n"},
		{"other", []string{"time"}, "other time_=0 42\n"},
	} {
		var run []reporters.Point
		for i, field := range tt.fields {
			run = append(run, reporters.Point{Key: key(tt.measurement), Field: field, Value: float64(i), Time: 42, Series: 1, ID: uint32(i + 1)})
		}
		if got, _ := c.AppendRun(nil, run); string(got) != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
