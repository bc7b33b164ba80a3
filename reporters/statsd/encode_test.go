package statsd

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"monkit.example/internal/codectest"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

var key = codectest.Key

func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		name      string
		kind      reporters.Kind
		value     float64
		reference string // without tags, and with them if tagged is empty
		tagged    string
		dog       string
	}{
		{"a level", reporters.Gauge, 1.5, "m.f:1.5|g\n", "", "m.f:1.5|g\n"},
		{"a negative level", reporters.Gauge, -5, "m.f:0|g\nm.f:-5|g\n", "", "m.f:-5|g\n"},
		{"a total of this process", reporters.Counter, 7, "m.f:7|c\n", "", "m.f:7|c\n"},
		{"a total of nothing", reporters.Counter, 0, "", "", ""},
		{"a delta", reporters.CounterDelta, 3, "m.f:3|c\n", "", "m.f:3|c\n"},
		{"a negative delta", reporters.CounterDelta, -3, "m.f:-3|c\n", "", "m.f:-3|c\n"},
		{"a delta of nothing", reporters.CounterDelta, 0, "", "", ""},
		{"an observation", reporters.Sample, 320, "m.f:320|ms\n", "m.f:320|h\n", "m.f:320|h\n"},
		{"a negative one", reporters.Sample, -1, "skipped", "m.f:-1|h\n", "m.f:-1|h\n"},
		{"a rise", reporters.GaugeDelta, 2, "m.f:+2|g\n", "", "skipped"},
		{"a fall", reporters.GaugeDelta, -2, "m.f:-2|g\n", "", "skipped"},
		{"no move", reporters.GaugeDelta, 0, "", "", "skipped"},
		{"no exponent", reporters.Gauge, 1e-9, "m.f:0.000000001|g\n", "", "m.f:0.000000001|g\n"},
		{"no exponent in a large number", reporters.Gauge, 1e21, "m.f:1000000000000000000000|g\n", "", "m.f:1000000000000000000000|g\n"},
		{"nor in a large negative one", reporters.CounterDelta, -1e15, "m.f:-1000000000000000|c\n", "", "m.f:-1000000000000000|c\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.tagged == "" {
				tt.tagged = tt.reference
			}
			for _, with := range []struct {
				want string
				o    Options
			}{{tt.reference, Options{}}, {tt.tagged, Options{Tags: true}}, {tt.dog, Options{Dialect: DogStatsD}}, {tt.dog, Options{Tags: true, Dialect: DogStatsD}}} {
				run := []reporters.Point{{Key: key("m"), Field: "f", Value: tt.value, Kind: tt.kind, ID: 1}}
				text, skipped := NewCodec(with.o).AppendRun(nil, run)
				got := string(text)
				if skipped == 1 {
					got += "skipped"
				}
				if got != with.want {
					t.Errorf("%+v: got %q, want %q", with.o, got, with.want)
				}
			}
		})
	}
}

func TestCountersAreSentAsDeltas(t *testing.T) {
	for name, tt := range map[string]struct {
		id   uint32
		want string
	}{
		"of this process": {1, "m.f:5|c\nm.f:2|c\nm.f:1|c\n"},
		"of the wire":     {0, "m.f:2|c\nm.f:1|c\n"},
	} {
		c := NewCodec(Options{})
		var got []byte
		for _, total := range []float64{5, 7, 7, 1} {
			var skipped int
			got, skipped = c.AppendRun(got, []reporters.Point{{Key: key("m"), Field: "f", Value: total, Kind: reporters.Counter, ID: tt.id}})
			if skipped != 0 {
				t.Errorf("%s: total %v is skipped", name, total)
			}
		}
		if string(got) != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// Series that differ only in tags have totals of their own.
func TestReceivedCountersDifferByTheirTags(t *testing.T) {
	c := NewCodec(Options{Tags: true})
	var got []byte
	for _, total := range []float64{10, 11} {
		for _, zone := range []string{"eu", "us"} {
			got, _ = c.AppendRun(got, []reporters.Point{{Key: key("m", "zone", zone), Value: total, Kind: reporters.Counter}})
		}
	}
	if want := "m:1|c|#zone:eu\nm:1|c|#zone:us\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("x", 300)
	hashed := long[:242] + "_970138f5"
	for _, tt := range []struct {
		name      string
		key       monkit.SeriesKey
		reference string
		dog       string
	}{
		{"scope and tags", key("hits", "scope", "app", "zone", "eu"), "app.hits.zone.eu.f:1|g", "hits.f:1|g|#scope:app,zone:eu"},
		{"hostile names", key("a:b|c@d#e f/g;h=i", "k", "v"), "a_b_c_d_e_f_g_h_i.k.v.f:1|g", "a_b_c_d_e_f_g_h_i.f:1|g|#k:v"},
		{"hostile tags", key("m", "a,b|c#d:e f", "g,h|i#j:k\nl"), "m.a_b_c_d_e_f.g_h_i_j_k_l.f:1|g", "m.f:1|g|#a_b_c_d_e_f:g_h_i_j:k_l"},
		{"a letter comes first", key("1._m", "_1k", "v"), "1._m._1k.v.f:1|g", "n1._m.f:1|g|#n_1k:v"},
		{"a tag that ends in a colon", key("m", "k", "v:"), "m.k.v_.f:1|g", "m.f:1|g|#k:v_"},
		{"a tag without a value", key("m", "k", ""), "m.k.true.f:1|g", "m.f:1|g|#k"},
		{"a tag without a letter", key("m", "1", "v"), "m.1.v.f:1|g", "m.f:1|g|#n1:v"},
		{"a tag without a key", key("m", "", "v"), "m.v.f:1|g", "m.f:1|g"},
		{"digits", key("4xx", "2fa", "on"), "4xx.2fa.on.f:1|g", "n4xx.f:1|g|#n2fa:on"},
		{"an address", key("10.0.0.1:8080"), "10.0.0.1_8080.f:1|g", "n10.0.0.1_8080.f:1|g"},
		{"Unicode letters of a tag", key("m", "city", "東京", "länge", "é1"), "m.city.___68dea76f.l_nge_3b2aad0a._1_2295b1d0.f:1|g", "m.f:1|g|#city:東京,länge:é1"},
		{"a name that is not ASCII", key("订单"), "___055338a0.f:1|g", "n___055338a0.f:1|g"},
		{"symbols beyond ASCII", key("m", "k", "a\u2192b"), "m.k.a_b_af11e8a0.f:1|g", "m.f:1|g|#k:a_b_7b84a37f"},
		{"long names and tags", key(long, "k", long), hashed + ".k." + hashed + ".f:1|g", long[:191] + "_7dee4843:1|g|#k:" + long[:189] + "_8e41a510"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := []reporters.Point{{Key: tt.key, Field: "f", Value: 1}}
			if got, _ := NewCodec(Options{}).AppendRun(nil, run); string(got) != tt.reference+"\n" {
				t.Errorf("reference: got %q, want %q", got, tt.reference)
			}
			if got, _ := NewCodec(Options{Tags: true}).AppendRun(nil, run); string(got) != tt.dog+"\n" {
				t.Errorf("DogStatsD: got %q, want %q", got, tt.dog)
			}
		})
	}
}

// Names and tags that Datadog does not take as they are stay two
// (docs.datadoghq.com/getting_started/tagging and /metrics/custom_metrics: both
// start with a letter; a name is ASCII, a tag may hold letters of any script; 200
// characters).
func TestNamesThatMustChangeStayDistinct(t *testing.T) {
	long := strings.Repeat("x", 300)
	names := []string{"4xx", "5xx", "10.0.0.1:8080", "10.0.0.2:8080", "订单", "用户", "_a", "a", "größe", "grüße", long + "1", long + "2", "1" + long, "2" + long}
	values := []string{"東京", "大阪", "on", long + "1", long + "2", strings.Repeat("東", 250) + "1", strings.Repeat("東", 250) + "2", "\U0001f600", "\U0001f601", "a\xff", "a\xfe"}
	keys := []string{"2fa", "3fa", "_k", "k", "地域", "時間", "-", "1"}
	seen := map[string]string{}
	for _, name := range names {
		for _, k := range keys {
			for _, v := range values {
				run := []reporters.Point{{Key: key(name, k, v), Field: "f", Value: 1}}
				got, skipped := NewCodec(Options{Tags: true}).AppendRun(nil, run)
				id := run[0].Key.String()
				if skipped != 0 || seen[string(got)] != "" {
					t.Fatalf("%.60q is %q, as %.60q is; %d skipped", id, got, seen[string(got)], skipped)
				}
				seen[string(got)] = id
				name, tag, _ := strings.Cut(strings.TrimSpace(string(got)), ":1|g|#")
				if len(name) > 200 || utf8.RuneCountInString(tag) > 200 || !isLetter(name[0]) || !utf8.ValidString(tag) {
					t.Errorf("%.60q becomes the name %q and the tag %q", id, name, tag)
				}
			}
		}
	}
}

func TestPrefix(t *testing.T) {
	run := []reporters.Point{{Key: key("m"), Field: "f", Value: 1}}
	for _, tags := range []bool{false, true} {
		c := NewCodec(Options{Prefix: "prod.web 1", Tags: tags})
		if got, _ := c.AppendRun(nil, run); string(got) != "prod.web_1.m.f:1|g\n" {
			t.Errorf("got %q", got)
		}
		if got, skipped := c.AppendRun(nil, []reporters.Point{{Value: 1}}); len(got) != 0 || skipped != 1 {
			t.Errorf("a point without a name is %q, %d skipped", got, skipped)
		}
	}
}

func BenchmarkAppendRun(b *testing.B) {
	run := []reporters.Point{{Key: key("latency", "scope", "example.com/app"), Field: "r99", Value: 0.0123, ID: 1}}
	c := NewCodec(Options{})
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = c.AppendRun(dst[:0], run)
	}
}

// What a counter grew by while another series had its name was counted as refused: it
// must not be sent as growth of one interval when the other series has gone.
func TestCounterThatGetsANameStartsAtItsTotal(t *testing.T) {
	point := func(series uint32, name string, total float64, at time.Duration) reporters.Point {
		return reporters.Point{Key: key(name), Field: "f", Value: total, Kind: reporters.Counter, Series: series, ID: series, Time: int64(time.Hour + at)}
	}
	client := &foreignClient{}
	report, codec := FromClient(client), NewCodec(Options{Tags: true})
	var got []byte
	send := func(points ...reporters.Point) {
		t.Helper()
		for i := range points {
			got, _ = codec.AppendRun(got, points[i:i+1])
		}
		if err := report.Report(t.Context(), &reporters.Batch{Points: points}); err != nil {
			t.Fatal(err)
		}
	}
	level := point(1, "a_b", 7, 0)
	level.Kind = reporters.Gauge // counters would be added up
	send(level, point(2, "a b", 1000, 0))
	for minute := range 5 {
		send(point(2, "a b", 1000+float64(minute), time.Duration(minute)*time.Minute))
	}
	send(point(2, "a b", 1006, 5*time.Minute))
	send(point(2, "a b", 1009, 6*time.Minute))
	if want := "a_b.f:7|g\na_b.f:2|c\na_b.f:3|c\n"; string(got) != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
	if want := "gauge a_b.f 7 [] 1\ncount a_b.f 2 [] 1\ncount a_b.f 3 [] 1\n"; client.log.String() != want {
		t.Errorf("the client did %q, want %q", client.log.String(), want)
	}
	checkLedger(t, report, ledger.Ledger{Accepted: 9, Delivered: 3, Dropped: ledger.Counts{ledger.NameCollision: 6}})
}
