package dotted

import (
	"strings"
	"testing"

	"monkit.example/internal/codectest"
	"monkit.example/monkit"
)

var series = codectest.Key

// Tags of others stand with their keys, since those of name:1|c|#env:prod and
// name:1|c|#zone:prod are two series (statsd 0.9.0, stats.js: ;env=prod and ;zone=prod).
func TestSeriesNameIsScopeMeasurementAndTags(t *testing.T) {
	for _, tt := range []struct {
		name string
		key  monkit.SeriesKey
		want string
	}{
		{"scope comes first", series("hits", "scope", "app", "a", "1"), "app.hits.a.1"},
		{"tags in the order of their keys", series("hits", "b", "2", "a", "1", "c", "3"), "hits.a.1.b.2.c.3"},
		{"the name of a function in the order of its key", series("function", "name", "Do", "error_name", "EOF", "scope", "app"), "app.function.EOF.Do"},
		{"the times of a function in the same order", series("function_times", "name", "Do", "kind", "success", "scope", "app"), "app.function_times.success.Do"},
		{"a function without a scope", series("function_times", "name", "Do", "kind", "success"), "function_times.success.Do"},
		{"further tags of a function", series("function", "name", "Do", "scope", "app", "zone", "eu"), "app.function.Do.zone.eu"},
		{"own tags of any series with a scope", series("hits", "kind", "k", "name", "n", "scope", "app"), "app.hits.k.n"},
		{"foreign tags of these names", series("hits", "error_name", "e", "kind", "k", "name", "n"), "hits.error_name.e.kind.k.name.n"},
		{"an own tag without a value", series("function", "name", "", "scope", "app"), "app.function.name.true"},
		{"a scope without a value", series("hits", "scope", ""), "hits.scope.true"},
		{"a tag without a value", series("hits", "blue", ""), "hits.blue.true"},
		{"a tag without a key", series("hits", "", "v"), "hits.v"},
		{"dots of a tag's key are replaced", series("hits", "a.b", "c"), "hits.a_b.c"},
		{"dots of a tag's value are replaced", series("hits", "scope", "example.com/app", "host", "a.b"), "example_com_app.hits.host.a_b"},
		{"dots of a measurement are kept", series("db.queries", "scope", "app"), "app.db.queries"},
		{"several dots become one", series("..db...queries..", "scope", "app"), "app.db.queries"},
		{"a method", series("function", "name", "(*T).Do", "scope", "main"), "main.function.__T__Do"},
		{"empty parts are left out", series("", "scope", "app", "", ""), "app"},
		{"one underscore for each character, and a hash", series("größe"), "gr__e_HASH"},
		{"invalid UTF-8", series("a\xffb"), "a_b_HASH"},
		{"a tag that is not ASCII; the hash is the same in every process", series("m", "city", "東京"), "m.city.___68dea76f"},
		{"empty name", series(""), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := string(Graphite.AppendSeries(nil, tt.key))
			if want, hashed := strings.CutSuffix(tt.want, "_HASH"); hashed && len(got) == len(want)+HashLen {
				got, tt.want = got[:len(want)], want
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSeriesNameOfValuesAlone(t *testing.T) {
	for _, tt := range []struct {
		key  monkit.SeriesKey
		want string
	}{
		{series("hits", "scope", "app", "b", "2", "a", "1"), "app.hits.1.2"},
		{series("hits", "kind", "k", "name", "n"), "hits.k.n"},
		{series("hits", "a", ""), "hits"},
		{series("function_times", "name", "Do", "kind", "success", "scope", "app"), "app.function_times.success.Do"},
	} {
		if got := string(Graphite.AppendSeriesValues(nil, tt.key)); got != tt.want {
			t.Errorf("%s is %q, want %q", tt.key, got, tt.want)
		}
	}
}

// Series that differ in any tag get names of their own, if their texts need no change.
func FuzzTagsKeepSeriesApart(f *testing.F) {
	f.Add("env", "prod", "zone", "prod")
	f.Add("blue", "", "red", "")
	f.Add("1", "a", "a", "1")
	f.Add("name", "x", "kind", "x")
	f.Add("scope", "x", "name", "x")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		for _, part := range []string{k1, k2} {
			if part == "" || part == "scope" || !Graphite.Holds(part) {
				return
			}
		}
		if v1 == NoValue || v2 == NoValue || !Graphite.Holds(v1) || !Graphite.Holds(v2) {
			return
		}
		one, other := series("m", k1, v1), series("m", k2, v2)
		a, b := Graphite.AppendSeries(nil, one), Graphite.AppendSeries(nil, other)
		if (string(a) == string(b)) != (one.String() == other.String()) {
			t.Errorf("%s is %q, %s is %q", one, a, other, b)
		}
	})
}

func TestCharsetsKeepOnlyTheirBytes(t *testing.T) {
	const in = "Az_0-:#%@+$ \t\n;{}()[],=*?/\\\"'^!~`|\x00"
	for _, tt := range []struct {
		name string
		set  *Charset
		want string
	}{
		{"graphite", Graphite, "Az_0-:#%@+$" + strings.Repeat("_", 24)},
		{"statsd", Statsd, "Az_0-" + strings.Repeat("_", 30)},
		{"dogstatsd", DogStatsD, "Az_0" + strings.Repeat("_", 31)},
	} {
		if got := string(tt.set.appendPart(nil, in)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What is left of names that are not ASCII, or too long, is often the same.
func TestPartsOfWhichLittleIsLeftStayDistinct(t *testing.T) {
	long := strings.Repeat("x", 300)
	parts := []string{"東京", "大阪", "订单", "用户", "größe", "grüße", "a\xff", "a\xfe", "\U0001f600", "\U0001f601", long + "1", long + "2", long + "ä", long + "ö"}
	for _, set := range []*Charset{Graphite, Statsd, DogStatsD} {
		seen := map[string]string{}
		for _, part := range parts {
			got := string(set.AppendField(nil, 0, part))
			if other := seen[got]; other != "" {
				t.Errorf("%.20q and %.20q are both %q", other, part, got)
			}
			seen[got] = part
			if !set.Holds(got) {
				t.Errorf("%.20q becomes %q, which needs a change", part, got)
			}
		}
	}
}

func TestLongPartsAreCut(t *testing.T) {
	long := strings.Repeat("x", 1000)
	if got := Graphite.AppendPath(nil, long+"."+long); len(got) != 2*MaxPart+1 {
		t.Errorf("the name of two long parts has %d bytes, want %d", len(got), 2*MaxPart+1)
	}
}

func TestFieldIsTheLastPart(t *testing.T) {
	dst := []byte("before ")
	start := len(dst)
	dst = Graphite.AppendField(dst, start, "Utime.Sec")
	dst = Graphite.AppendField(dst, start, "x")
	if string(dst) != "before Utime_Sec.x" {
		t.Errorf("got %q", dst)
	}
}

func TestEmptyFieldAddsNoDot(t *testing.T) {
	if got := string(Graphite.AppendField([]byte("name"), 0, "")); got != "name" {
		t.Errorf("got %q", got)
	}
}

func TestLongFieldIsCut(t *testing.T) {
	if got := Graphite.AppendField(nil, 0, strings.Repeat("x", 1000)); len(got) != MaxPart {
		t.Errorf("the field has %d bytes, want %d", len(got), MaxPart)
	}
}

func FuzzAppendPath(f *testing.F) {
	f.Add("a.b c..d")
	f.Add("...")
	f.Fuzz(func(t *testing.T, s string) {
		once := string(Graphite.AppendPath(nil, s))
		if twice := string(Graphite.AppendPath(nil, once)); twice != once {
			t.Errorf("AppendPath of %q is %q, and of that %q; want no further change", s, once, twice)
		}
		if strings.Contains(once, "..") || strings.HasPrefix(once, ".") || strings.HasSuffix(once, ".") {
			t.Errorf("AppendPath of %q is %q, which has an empty part", s, once)
		}
	})
}
