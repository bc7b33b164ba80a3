package otlp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

func key(measurement string, tags ...string) monkit.SeriesKey {
	k := monkit.NewSeriesKey(measurement)
	for i := 0; i < len(tags); i += 2 {
		k = k.WithTag(tags[i], tags[i+1])
	}
	return k
}

// encode returns the line of p, which must be held, with a space for the tab.
func encode(t *testing.T, e *encoder, p reporters.Point) string {
	t.Helper()
	line, skipped := e.AppendRun(nil, []reporters.Point{p})
	if skipped != 0 || bytes.Count(line, []byte{'\t'}) != 1 || bytes.Count(line, []byte{'\n'}) != 1 || !json.Valid(line) {
		t.Fatalf("%+v: skipped %d, wrote %q", p, skipped, line)
	}
	return strings.TrimSuffix(strings.Replace(string(line), "\t", " ", 1), "\n")
}

// weighing returns p as a sample that stands for w observations.
func weighing(w float64, p reporters.Point) reporters.Point {
	p.SetWeight(w)
	return p
}

func TestEachKindIsWritten(t *testing.T) {
	k := key("m", "host", "web1", "zone", "eu")
	const attributes = `"attributes":[{"key":"host","value":{"stringValue":"web1"}},{"key":"zone","value":{"stringValue":"eu"}}],`
	for _, tt := range []struct {
		name string
		p    reporters.Point
		want string
	}{
		{"a gauge has a time only", reporters.Point{Key: k, Field: "f", Value: 1.5, Time: 7, Kind: reporters.Gauge},
			`{"name":"m.f","gauge":{"dataPoints":[ {` + attributes + `"timeUnixNano":"7","asDouble":1.5}]}}`},
		{"a counter of unknown start begins at its time", reporters.Point{Key: k, Field: "f", Value: 3, Time: 7, Kind: reporters.Counter},
			`{"name":"m.f","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[ {` + attributes + `"startTimeUnixNano":"7","timeUnixNano":"7","asDouble":3}]}}`},
		{"a first delta has no start", reporters.Point{Key: k, Field: "f", Value: 3, Time: 7, Kind: reporters.CounterDelta},
			`{"name":"m.f","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[ {` + attributes + `"timeUnixNano":"7","asDouble":3}]}}`},
		{"a sample is a histogram of one value", reporters.Point{Key: k, Field: "f", Value: 2.5, Time: 7, Kind: reporters.Sample},
			`{"name":"m.f","histogram":{"aggregationTemporality":1,"dataPoints":[ {` + attributes + `"timeUnixNano":"7","count":"1","sum":2.5,"min":2.5,"max":2.5}]}}`},
		{"a sample of a tenth is ten values", weighing(10, reporters.Point{Key: key("m"), Field: "f", Value: 2.5, Time: 7, Kind: reporters.Sample}),
			`{"name":"m.f","histogram":{"aggregationTemporality":1,"dataPoints":[ {"timeUnixNano":"7","count":"10","sum":25,"min":2.5,"max":2.5}]}}`},
		{"a weight is rounded for the count and the sum", weighing(1/0.3, reporters.Point{Key: key("m"), Field: "f", Value: 5, Time: 7, Kind: reporters.Sample}),
			`{"name":"m.f","histogram":{"aggregationTemporality":1,"dataPoints":[ {"timeUnixNano":"7","count":"3","sum":15,"min":5,"max":5}]}}`},
		{"a weight below one is one value", weighing(1e-9, reporters.Point{Key: key("m"), Field: "f", Value: 5, Time: 7, Kind: reporters.Sample}),
			`{"name":"m.f","histogram":{"aggregationTemporality":1,"dataPoints":[ {"timeUnixNano":"7","count":"1","sum":5,"min":5,"max":5}]}}`},
		{"a sum that is infinite is left out", weighing(10, reporters.Point{Key: key("m"), Field: "f", Value: 1e308, Time: 7, Kind: reporters.Sample}),
			`{"name":"m.f","histogram":{"aggregationTemporality":1,"dataPoints":[ {"timeUnixNano":"7","count":"10","min":1e+308,"max":1e+308}]}}`},
		{"a negative sample has no sum", reporters.Point{Key: key("m"), Field: "f", Value: -1, Time: 7, Kind: reporters.Sample},
			`{"name":"m.f","histogram":{"aggregationTemporality":1,"dataPoints":[ {"timeUnixNano":"7","count":"1","min":-1,"max":-1}]}}`},
		{"without tags there are no attributes", reporters.Point{Key: key("m"), Field: "f", Value: 1e300, Time: math.MaxInt64},
			`{"name":"m.f","gauge":{"dataPoints":[ {"timeUnixNano":"9223372036854775807","asDouble":1e+300}]}}`},
		{"a unit is that of the field", reporters.Point{Key: key("m"), Field: "age_seconds", Value: -0.25, Time: 1},
			`{"name":"m.age_seconds","unit":"s","gauge":{"dataPoints":[ {"timeUnixNano":"1","asDouble":-0.25}]}}`},
		{"a point without a field has the measurement's name", reporters.Point{Key: key("m"), Value: 1, Time: 1},
			`{"name":"m","gauge":{"dataPoints":[ {"timeUnixNano":"1","asDouble":1}]}}`},
		{"a point without a measurement has the field's name", reporters.Point{Field: "f", Value: 1, Time: 1},
			`{"name":"f","gauge":{"dataPoints":[ {"timeUnixNano":"1","asDouble":1}]}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := encode(t, newEncoder(), tt.p); got != tt.want {
				t.Errorf("wrote\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

func TestPointsThatOTLPCannotHoldAreSkipped(t *testing.T) {
	good := reporters.Point{Key: key("m"), Field: "f", Value: 1, Time: 1}
	run := []reporters.Point{good}
	for _, change := range []func(p *reporters.Point){
		func(p *reporters.Point) { p.Value = math.NaN() },
		func(p *reporters.Point) { p.Value = math.Inf(1) },
		func(p *reporters.Point) { p.Value = math.Inf(-1) },
		func(p *reporters.Point) { p.Time = 0 },
		func(p *reporters.Point) { p.Time = -1 },
		func(p *reporters.Point) { p.Kind = reporters.GaugeDelta },
		func(p *reporters.Point) { p.Kind, p.Value = reporters.CounterDelta, -1 },
		func(p *reporters.Point) { p.Key, p.Field = key(""), "" },
	} {
		p := good
		change(&p)
		run = append(run, p)
	}
	out, skipped := newEncoder().AppendRun(nil, run)
	if bytes.Count(out, []byte{'\n'}) != 1 || skipped != len(run)-1 {
		t.Errorf("skipped %d of %d, wrote %q", skipped, len(run), out)
	}
}

// starts writes values of a counter at times 10, 20, … and returns the starts.
func starts(t *testing.T, e *encoder, p reporters.Point, points ...[2]int64) (got []int64) {
	t.Helper()
	for _, at := range points {
		p.Time, p.Value = at[0], float64(at[1])
		got = append(got, startOf(t, encode(t, e, p)))
	}
	return got
}

func startOf(t *testing.T, line string) int64 {
	t.Helper()
	var m struct {
		Sum struct {
			DataPoints []struct {
				Start int64 `json:"startTimeUnixNano,string"`
			}
		}
	}
	if err := json.Unmarshal([]byte(line), &m); err != nil || len(m.Sum.DataPoints) != 1 {
		t.Fatalf("%v in %s", err, line)
	}
	return m.Sum.DataPoints[0].Start
}

func equal(a, b []int64) bool {
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestStartsOfSums(t *testing.T) {
	own := reporters.Point{Key: key("m"), Field: "total", Kind: reporters.Counter, Series: 1, ID: 2}
	received := own
	received.Series, received.ID = 0, 0
	delta := received
	delta.Kind = reporters.CounterDelta
	for _, tt := range []struct {
		name   string
		p      reporters.Point
		points [][2]int64 // time and value
		want   []int64
	}{
		{"own counters start with the process", own, [][2]int64{{10, 1}, {20, 5}, {30, 5}}, []int64{3, 3, 3}},
		{"the start moves to the last point before a reset", own, [][2]int64{{10, 5}, {20, 9}, {30, 1}, {40, 2}, {50, 0}}, []int64{3, 3, 20, 20, 40}},
		{"a start is never after its time", own, [][2]int64{{2, 5}, {20, 6}}, []int64{2, 2}},
		{"a received counter starts with a point of no length", received, [][2]int64{{10, 7}, {20, 8}}, []int64{10, 10}},
		{"a received counter that falls was reset after its last point", received, [][2]int64{{10, 7}, {20, 8}, {30, 1}, {40, 2}}, []int64{10, 10, 20, 20}},
		{"an older point changes nothing", received, [][2]int64{{10, 7}, {20, 8}, {15, 3}, {20, 2}, {5, 1}, {30, 9}}, []int64{10, 10, 10, 10, 5, 10}},
		{"a delta starts where the last one ended", delta, [][2]int64{{10, 7}, {20, 1}, {30, 9}, {25, 1}, {40, 1}}, []int64{0, 10, 20, 0, 30}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEncoder()
			e.first = 3
			if got := starts(t, e, tt.p, tt.points...); !equal(got, tt.want) {
				t.Errorf("starts %v, want %v", got, tt.want)
			}
		})
	}
}

// Otherwise what a counter counts from its first appearance would be spread over
// the time since the process started.
func TestSeriesThatAppearsLaterStartsAtTheBatchBefore(t *testing.T) {
	e := newEncoder()
	e.first = 3
	old := reporters.Point{Key: key("old"), Field: "total", Kind: reporters.Counter, Series: 1, ID: 2}
	late := reporters.Point{Key: key("late"), Field: "total", Kind: reporters.Counter, Series: 3, ID: 4}
	starts(t, e, old, [2]int64{10, 1})
	starts(t, e, old, [2]int64{20, 1})
	if got := starts(t, e, late, [2]int64{20, 1}, [2]int64{30, 2}); !equal(got, []int64{10, 10}) {
		t.Errorf("starts %v, want that of the batch before", got)
	}
	again := late
	again.Key = key("again") // has the number of a series that no longer exists
	if got := starts(t, e, again, [2]int64{40, 9}); !equal(got, []int64{30}) {
		t.Errorf("starts %v, want that of the batch before", got)
	}
}

// One counter too many must not make the starts of all others new.
func TestReceivedCountersAreBoundedAndActiveOnesStay(t *testing.T) {
	e := newEncoder()
	e.received.Max = 10
	for at := int64(10); at <= 50; at += 10 {
		for i := range 11 {
			want := int64(10)
			if i == 10 {
				want = 0 // not known
			}
			p := reporters.Point{Key: key(fmt.Sprint("m", i)), Field: "total", Kind: reporters.Counter}
			if got := starts(t, e, p, [2]int64{at, at}); !equal(got, []int64{want}) {
				t.Errorf("counter %d starts at %v at %d, want %d", i, got, at, want)
			}
		}
	}
}

// A counter that pauses and comes back with its number counts since its first
// start, also if its key is in other memory.
func TestCounterThatPausesKeepsItsStart(t *testing.T) {
	e := newEncoder()
	e.first = 3
	p := reporters.Point{Key: key("m", "k", "v"), Field: "total", Kind: reporters.Counter, Series: 1, ID: 2}
	starts(t, e, p, [2]int64{10, 5})
	starts(t, e, reporters.Point{Key: key("n"), Field: "total", Kind: reporters.Counter, Series: 1, ID: 3}, [2]int64{20, 1}, [2]int64{30, 1})
	p.Key, p.Series = key("m", "k", "v"), 4
	if got := starts(t, e, p, [2]int64{40, 6}); !equal(got, []int64{3}) {
		t.Errorf("starts %v, want 3", got)
	}
}

func TestKindOfASeriesMayChange(t *testing.T) {
	e := newEncoder()
	p := reporters.Point{Key: key("m"), Field: "f", Value: 1, Time: 10, Series: 1, ID: 2}
	if got := encode(t, e, p); !strings.Contains(got, `"gauge"`) {
		t.Errorf("wrote %s", got)
	}
	p.Kind = reporters.Counter
	if got := encode(t, e, p); !strings.Contains(got, `"sum"`) {
		t.Errorf("wrote %s", got)
	}
}

func TestRepeatedEncodingAllocatesNothing(t *testing.T) {
	var run []reporters.Point
	for i, kind := range []reporters.Kind{reporters.Gauge, reporters.Counter, reporters.CounterDelta, reporters.Sample} {
		run = append(run, reporters.Point{Key: key("m", "a", "b"), Field: kind.String(), Value: 1.5, Time: 10, Series: 1, ID: uint32(2 + i), Kind: kind})
	}
	e := newEncoder()
	dst, _ := e.AppendRun(nil, run)
	if n := testing.AllocsPerRun(100, func() { dst, _ = e.AppendRun(dst[:0], run) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	for i := range run {
		run[i].Series, run[i].ID = 0, 0 // received
	}
	e.AppendRun(dst[:0], run)
	if n := testing.AllocsPerRun(100, func() { dst, _ = e.AppendRun(dst[:0], run) }); n != 0 {
		t.Errorf("%v allocations for received points", n)
	}
}

func TestUnits(t *testing.T) {
	for _, tt := range []struct{ measurement, field, want string }{
		{"m", "age_seconds", "s"},
		{"m", "seconds", "s"},
		{"m", "sent_bytes", "By"},
		{"m", "sent_bytes_total", "By"},
		{"m", "oldest_age_ms", "ms"},
		{"m", "cpu.percent", "%"},
		{"m", "total", ""},
		{"m", "items", ""},
		{"m", "sms", ""},
		{"wait_seconds", "r99", "s"},
		{"wait_seconds", "", "s"},
		{"wait_seconds", "count", ""},
		{"wait_seconds", "sent_bytes", "By"},
	} {
		p := reporters.Point{Key: key(tt.measurement), Field: tt.field}
		if got := unitOf(&p); got != tt.want {
			t.Errorf("%s %s: unit %q, want %q", tt.measurement, tt.field, got, tt.want)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a", "ä\t\n\r\x00\x7f\"\\", "\xff\xc3", "\u2028\U0001f600", "\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := appendString(nil, s)
		var back string
		if err := json.Unmarshal(got, &back); err != nil || bytes.ContainsAny(got, "\t\n") {
			t.Fatalf("%q is written as %q: %v", s, got, err)
		}
		if want := string([]rune(s)); back != want { // with U+FFFD for each invalid byte
			t.Errorf("%q is read as %q, want %q", s, back, want)
		}
	})
}
