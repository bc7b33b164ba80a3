package monkittest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"monkit.example/monkit"
)

func TestWant(t *testing.T) {
	r := New(t)
	mon := r.ScopeNamed("shop")
	mon.Counter("plays", monkit.NewSeriesTag("kind", "live")).Inc(3)
	mon.Counter("plays", monkit.NewSeriesTag("kind", "taped")).Inc(4)
	mon.Counter("a, b", monkit.NewSeriesTag("k = k", "v v")).Inc(5)
	mon.Counter(`dir\`, monkit.NewSeriesTag("path", `C:\a\`)).Inc(6)
	mon.Chain(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		cb(monkit.NewSeriesKey("odd"), `b\`, 7)
		cb(monkit.NewSeriesKey("odd"), "x=y", 8)
	}))
	mon.Gauge("load", math.NaN)
	run(t.Context(), mon, "Play", errors.New("gone"))

	for _, tt := range []struct {
		name, series string
		want         float64
		message      string // part of the report; "" means no report
	}{
		{"distinguishing tags are enough", "plays,kind=live value", 3, ""},
		{"tags may come in any order", "plays,scope=shop,kind=taped value", 4, ""},
		{"field of a Func", "function,name=Play errors", 1, ""},
		{"backslash escapes separators", `a\,\ b,k\ \=\ k=v\ v value`, 5, ""},
		{"backslashes at the end of a part are doubled", `dir\\,path=C:\a\\ value`, 6, ""},
		{"equals sign in a field is escaped", `odd x\=y`, 8, ""},
		{"backslash at the end of a field is doubled", `odd b\\`, 7, ""},
		{"backslash at the end of a field may stand alone", `odd b\`, 7, ""},
		{"NaN equals NaN", "load value", math.NaN(), ""},
		{"NaN is not a number", "load value", 0, "load,scope=shop value is NaN, want 0"},
		{"other value", "plays,kind=live value", 2, "plays,kind=live,scope=shop value is 3, want 2"},
		{"ambiguous", "plays value", 3, "plays,kind=live,scope=shop value\n\tplays,kind=taped,scope=shop value"},
		{"missing measurement", "pauses value", 0, "\"pauses value\" does not exist; the registry has:\n\ta\\,\\ b"},
		{"missing field", "plays,kind=live count", 3, "does not exist"},
		{"text after the field", "plays,kind=live value 3", 3, "does not exist"},
		{"missing tag value", "plays,kind=other value", 3, "does not exist"},
		{"missing tag key", "plays,sort=live value", 3, "does not exist"},
		{"series without field", "plays", 3, "want a measurement, a space and a field"},
		{"series with empty field", "plays ", 3, "want a measurement, a space and a field"},
		{"series without measurement", " value", 3, "want a measurement"},
		{"tag without value", "plays,kind value", 3, `tag "kind" has no value`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantReport(t, r, tt.message, false, func() { r.Want(tt.series, tt.want) })
		})
	}
}

func TestValue(t *testing.T) {
	r := New(t)
	r.ScopeNamed("shop").Counter("plays").Inc(3)
	if got := r.Value("plays value"); got != 3 {
		t.Errorf("value is %v, want 3", got)
	}
	wantReport(t, r, "does not exist", true, func() { r.Value("pauses value") })
}

func TestNewRegistryHasNoSeries(t *testing.T) {
	r := New(t)
	wantReport(t, r, `"x y" does not exist; the registry has no values`, false, func() { r.Want("x y", 1) })
}

func TestWantNone(t *testing.T) {
	r := New(t)
	r.ScopeNamed("shop").Counter("plays").Inc(3)
	for _, tt := range []struct{ name, series, message string }{
		{"missing series", "pauses value", ""},
		{"existing series", "plays value", "plays,scope=shop value exists and is 3, want no such series"},
		{"not a series", "plays", "want a measurement"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantReport(t, r, tt.message, false, func() { r.WantNone(tt.series) })
		})
	}
}

func TestWantAdded(t *testing.T) {
	shared := monkit.NewRegistry()
	mon := shared.ScopeNamed("shop")
	mon.Counter("plays").Inc(10)
	mon.Gauge("load", math.NaN)
	r := Watch(t, shared)
	mon.Counter("plays").Inc(2)
	mon.Counter("new").Inc(4)
	for _, tt := range []struct {
		name, series string
		want         float64
		message      string // part of the report; "" means no report
	}{
		{"series from before Watch", "plays value", 2, ""},
		{"series made after Watch", "new value", 4, ""},
		{"series that does not exist", "pauses value", 0, ""},
		{"missing series", "pauses value", 1, "does not exist"},
		{"other growth", "plays value", 3, "grew by 2 to 12, want growth by 3"},
		{"NaN grows by NaN", "load value", math.NaN(), ""},
		{"not a series", "plays", 0, "want a measurement"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantReport(t, r, tt.message, false, func() { r.WantAdded(tt.series, tt.want) })
		})
	}
}

func TestMessageShowsAtMostMaxLines(t *testing.T) {
	for _, tt := range []struct {
		series, shown int
		note          string
	}{
		{maxLines, maxLines, ""},
		{maxLines + 1, maxLines, "\n\tand 1 more"},
		{maxLines + 9, maxLines, "\n\tand 9 more"},
	} {
		r := New(t)
		for i := range tt.series {
			r.ScopeNamed("many").Gauge(fmt.Sprintf("gauge%02d", i), func() float64 { return 1 })
		}
		message, _ := report(r, func() { r.Want("missing value", 1) })
		if n := strings.Count(message, "\n\tgauge"); n != tt.shown {
			t.Errorf("message shows %d of %d series, want %d: %s", n, tt.series, tt.shown, message)
		}
		if _, note, _ := strings.Cut(message, fmt.Sprintf("gauge%02d,scope=many value", tt.shown-1)); note != tt.note {
			t.Errorf("message about %d series ends with %q, want %q", tt.series, note, tt.note)
		}
	}
}

func FuzzParseSelector(f *testing.F) {
	f.Add("plays", "kind", "live", "value")
	f.Add(`\=`, "0", "0", "0")
	f.Add("a, b=", "k = ", ",", "x y")
	f.Add(`back\slash`, `\\`, `=\`, `\`)
	f.Add(`\\,`, `\\=`, `\\ \`, `\ \\`)
	f.Fuzz(func(t *testing.T, measurement, tag, val, field string) {
		key := monkit.NewSeriesKey(measurement).WithTag(tag, val)
		sel, err := parseSelector(key.WithField(field))
		switch {
		case measurement == "" || field == "":
			if err == nil {
				t.Fatalf("parseSelector(%q) returned no error", key.WithField(field))
			}
		case err != nil:
			t.Fatal(err)
		case !sel.matches(key, field):
			t.Fatalf("parseSelector(%q) = %+v, which does not match its own series", key.WithField(field), sel)
		}
	})
}

func TestPackageScopeIsTheCallers(t *testing.T) {
	r := New(t)
	if got, want := r.Package().Name(), "monkit.example/monkittest"; got != want {
		t.Errorf("scope is %q, want %q", got, want)
	}
}
