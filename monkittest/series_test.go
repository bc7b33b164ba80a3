package monkittest

import (
	"errors"
	"strings"
	"testing"

	"monkit.example/monkit"
)

func TestSeries(t *testing.T) {
	r := New(t)
	mon := r.ScopeNamed("shop")
	mon.Counter("plays", monkit.NewSeriesTag("kind", "live")).Inc(3)
	mon.Counter("plays", monkit.NewSeriesTag("kind", "taped")).Inc(4)
	mon.Counter("a, b", monkit.NewSeriesTag("k = k", "v v")).Inc(5)
	run(t.Context(), mon, "Play", errors.New("gone"))

	for _, tt := range []struct {
		name, series string
		want         float64
		told         string // part of it; "" is nothing
	}{
		{"tags that set it apart are enough", "plays,kind=live value", 3, ""},
		{"all tags in any order", "plays,scope=shop,kind=taped value", 4, ""},
		{"field of a Func", "function,name=Play errors", 1, ""},
		{"escaped", `a\,\ b,k\ \=\ k=v\ v value`, 5, ""},
		{"other value", "plays,kind=live value", 2, "plays,kind=live,scope=shop value is 3, want 2"},
		{"ambiguous", "plays value", 3, "plays,kind=live,scope=shop value\n\tplays,kind=taped,scope=shop value"},
		{"missing", "pauses value", 0, "\"pauses value\" is not there; these are:\n\ta\\,\\ b"},
		{"tag that it does not have", "plays,kind=other value", 3, "is not there"},
		{"no field", "plays", 3, "want a measurement, a space and a field"},
		{"no measurement", " value", 3, "want a measurement"},
		{"tag without value", "plays,kind value", 3, `tag "kind" has no value`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantVerdict(t, r, tt.told, false, func() { r.Want(tt.series, tt.want) })
		})
	}
}

func TestValue(t *testing.T) {
	r := New(t)
	r.ScopeNamed("shop").Counter("plays").Inc(3)
	if got := r.Value("plays value"); got != 3 {
		t.Errorf("value is %v, want 3", got)
	}
	wantVerdict(t, r, "not there", true, func() { r.Value("pauses value") })
}

func TestEmptyRegistryHasNoSeries(t *testing.T) {
	r := New(t)
	wantVerdict(t, r, `"x y" is not there, nor any other`, false, func() { r.Want("x y", 1) })
}

func TestWantNone(t *testing.T) {
	r := New(t)
	r.ScopeNamed("shop").Counter("plays").Inc(3)
	for _, tt := range []struct{ name, series, told string }{
		{"missing", "pauses value", ""},
		{"there", "plays value", "is there, with value 3"},
		{"not a series", "plays", "want a measurement"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantVerdict(t, r, tt.told, false, func() { r.WantNone(tt.series) })
		})
	}
}

func TestWatchSeesWhatIsAdded(t *testing.T) {
	shared := monkit.NewRegistry()
	mon := shared.ScopeNamed("shop")
	mon.Counter("plays").Inc(10)
	r := Watch(t, shared)
	mon.Counter("plays").Inc(2)
	mon.Counter("new").Inc(4)
	for _, tt := range []struct {
		name, series string
		want         float64
		told         string
	}{
		{"was there before", "plays value", 2, ""},
		{"is new", "new value", 4, ""},
		{"never came", "pauses value", 0, ""},
		{"should have come", "pauses value", 1, "not there"},
		{"grew by something else", "plays value", 3, "grew by 2 to 12, want by 3"},
		{"not a series", "plays", 0, "want a measurement"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantVerdict(t, r, tt.told, false, func() { r.WantAdded(tt.series, tt.want) })
		})
	}
}

func TestMessagesAreShort(t *testing.T) {
	r := New(t)
	for _, name := range strings.Split(strings.Repeat("x", 50), "") {
		r.ScopeNamed("s"+name).Counter(name, monkit.NewSeriesTag("n", name)).Inc(1)
	}
	for i := range 60 {
		r.ScopeNamed("many").IntValf("val%d", i)
	}
	said, _ := verdict(r, func() { r.Want("missing value", 1) })
	if n := strings.Count(said, "\n"); n > maxLines+1 {
		t.Errorf("message has %d lines, want at most %d", n, maxLines+1)
	}
	if !strings.Contains(said, "more") {
		t.Errorf("message does not say that it is cut: %s", said)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("plays", "kind", "live", "value")
	f.Add(`\=`, "0", "0", "0")
	f.Add("a, b=", "k = ", ",", "x y")
	f.Add(`back\slash`, `\\`, `=\`, `\`)
	f.Fuzz(func(t *testing.T, measurement, tag, val, field string) {
		key := monkit.NewSeriesKey(measurement).WithTag(tag, val)
		sel, err := parse(key.WithField(field))
		switch {
		case strings.HasSuffix(measurement, `\`), strings.HasSuffix(tag, `\`), strings.HasSuffix(val, `\`):
			return // names do not escape backslashes: these cannot be told apart
		case measurement == "" || field == "":
			if err == nil {
				t.Fatalf("%q was taken for a series", key.WithField(field))
			}
		case err != nil:
			t.Fatal(err)
		case !sel.matches(key, field):
			t.Fatalf("%q was read as %+v", key.WithField(field), sel)
		}
	})
}

func TestScopeOfPackage(t *testing.T) {
	r := New(t)
	if got, want := r.Package().Name(), "monkit.example/monkittest"; got != want {
		t.Errorf("scope is %q, want %q", got, want)
	}
}
