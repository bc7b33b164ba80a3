package graphite

import (
	"math"
	"testing"

	"monkit.example/internal/codectest"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

var key = codectest.Key

func TestPaths(t *testing.T) {
	for _, tt := range []struct {
		name  string
		key   monkit.SeriesKey
		field string
		plain string
		tags  string
	}{
		{"a counter", key("hits", "scope", "app"), "value", "app.hits.value", "hits.value;scope=app"},
		{"a function", key("function", "scope", "app", "name", "Do"), "total", "app.function.Do.total", "function.total;func=Do;scope=app"},
		{"its times", key("function_times", "scope", "app", "name", "Do", "kind", "success"), "r99",
			"app.function_times.success.Do.r99", "function_times.r99;func=Do;kind=success;scope=app"},
		{"func beside name", key("m", "func", "f", "name", "n"), "x", "m.func.f.name.n.x", "m.x;func=f;func_name=n"},
		{"no field", key("a.b"), "", "a.b", "a.b"},
		{"tags may have more characters than paths", key("m", "t", "a/b (c)=~"), "x", "m.t.a_b__c___.x", "m.x;t=a/b_(c)=~"},
		{"tags beyond ASCII get a hash", key("m", "city", "東京"), "x", "m.city.___68dea76f.x", "m.x;city=___68dea76f"},
		{"a tilde before a value is removed", key("m", "t", "~~a"), "x", "m.t.__a.x", "m.x;t=a"},
		{"nothing but tildes", key("m", "t", "~~"), "x", "m.t.__.x", "m.x;t=_"},
		{"keys that tags may not have", key("m", "a b;!^=", "v"), "x", "m.a_b____.v.x", "m.x;a_b____=v"},
		{"keys that become equal", key("m", "a!", "1", "a^", "2"), "x", "m.a_.1.a_.2.x", "m.x;a_=2"},
		{"a tag without a value, as statsd clients send it", key("m", "t", ""), "x", "m.t.true.x", "m.x;t=true"},
		{"a tag without a key", key("m", "", "v"), "x", "m.v.x", "m.x"},
		{"semicolons", key("a;b", "t", "c;d"), "e;f", "a_b.t.c_d.e_f", "a_b.e_f;t=c_d"},
		{"no name", key(""), "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plain, tagged := newNamer(Options{}), newNamer(Options{Tagged: true})
			p := &reporters.Point{Key: tt.key, Field: tt.field}
			if got := plain.name(p); got != tt.plain {
				t.Errorf("plain: %q, want %q", got, tt.plain)
			}
			if got := tagged.name(p); got != tt.tags {
				t.Errorf("tagged: %q, want %q", got, tt.tags)
			}
		})
	}
}

func TestTagValuesAreThePathOfEarlierDashboards(t *testing.T) {
	c := NewCodec(Options{TagValues: true})
	run := []reporters.Point{{Key: key("rooms", "scope", "app", "zone", "eu", "blue", ""), Field: "value", Value: 1}}
	if got, _ := c.AppendRun(nil, run); string(got) != "app.rooms.eu.value 1 0\n" {
		t.Errorf("got %q", got)
	}
}

func TestPrefix(t *testing.T) {
	for prefix, want := range map[string]string{"prod.web 1": "prod.web_1.m.f", "..a..": "a.m.f", ".": "m.f"} {
		n := newNamer(Options{Prefix: prefix})
		if got := n.name(&reporters.Point{Key: key("m"), Field: "f"}); got != want {
			t.Errorf("prefix %q: %q, want %q", prefix, got, want)
		}
		if got := n.name(&reporters.Point{}); len(got) != 0 {
			t.Errorf("prefix %q: a point without a name is %q", prefix, got)
		}
	}
}

func TestAppendRun(t *testing.T) {
	for _, tt := range []struct {
		name    string
		points  []reporters.Point
		want    string
		skipped int
	}{
		{"a point", []reporters.Point{{Key: key("m"), Field: "f", Value: 1.5, Time: 1_700_000_000_999_999_999}}, "m.f 1.5 1700000000\n", 0},
		{"negative zero", []reporters.Point{{Key: key("m"), Field: "f", Value: math.Copysign(0, -1)}}, "m.f 0 0\n", 0},
		{"a delta of a gauge", []reporters.Point{{Key: key("m"), Field: "f", Value: 1, Kind: reporters.GaugeDelta}}, "", 1},
		{"no name", []reporters.Point{{Value: 1}}, "", 1},
		{"no name, of a collector", []reporters.Point{{Value: 1, ID: 3}, {Value: 1, ID: 3}}, "", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, skipped := NewCodec(Options{}).AppendRun(nil, tt.points)
			if string(got) != tt.want || skipped != tt.skipped {
				t.Errorf("got %q, %d skipped, want %q, %d", got, skipped, tt.want, tt.skipped)
			}
		})
	}
}

// Carbon takes a time that is -1 when it is cut to whole seconds for the time of
// arrival (lib/carbon/protocols.py, metricReceived), and Whisper cannot store
// others before 1970, nor those beyond 32 bits (whisper.py, pointFormat "!Ld").
func TestTimesThatCarbonCannotStoreAreSkipped(t *testing.T) {
	for _, tt := range []struct {
		nanos int64
		want  string
	}{
		{0, "m.f 1 0\n"},
		{999_999_999, "m.f 1 0\n"},
		{-1, ""},
		{-999_999_999, ""},
		{-1e9, ""},
		{-1e9 - 1, ""},
		{-1.5e9, ""},
		{-100e9, ""},
		{math.MinInt64, ""},
		{math.MaxUint32*1e9 + 999_999_999, "m.f 1 4294967295\n"},
		{(math.MaxUint32 + 1) * 1e9, ""},
		{math.MaxInt64, ""},
	} {
		run := []reporters.Point{{Key: key("m"), Field: "f", Value: 1, Time: tt.nanos}}
		got, skipped := NewCodec(Options{}).AppendRun([]byte("before\n"), run)
		if string(got) != "before\n"+tt.want || (skipped == 1) != (tt.want == "") {
			t.Errorf("time %d: got %q, %d skipped, want %q", tt.nanos, got, skipped, tt.want)
		}
	}
}

// A number that was released and belongs to another series now must not have
// the path of the former.
func TestReusedNumberDoesNotKeepTheOldPath(t *testing.T) {
	c := NewCodec(Options{})
	c.AppendRun(nil, []reporters.Point{{Key: key("old"), Field: "f", ID: 7}})
	got, _ := c.AppendRun(nil, []reporters.Point{{Key: key("new"), Field: "f", ID: 7}})
	if string(got) != "new.f 0 0\n" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkAppendRun(b *testing.B) {
	for name, id := range map[string]uint32{"registry": 1, "wire": 0} {
		b.Run(name, func(b *testing.B) {
			run := []reporters.Point{{Key: key("latency", "scope", "example.com/app", "host", "web1"), Field: "r99", Value: 0.0123, Time: 1_700_000_000e9, ID: id}}
			c := NewCodec(Options{})
			dst := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = c.AppendRun(dst[:0], run)
			}
		})
	}
}
