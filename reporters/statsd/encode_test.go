package statsd

import (
	"strings"
	"testing"

	"monkit.example/internal/codectest"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

var key = codectest.Key

func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		name      string
		kind      reporters.Kind
		value     float64
		reference string
		dog       string
	}{
		{"a level", reporters.Gauge, 1.5, "m.f:1.5|g\n", "m.f:1.5|g\n"},
		{"a negative level", reporters.Gauge, -5, "m.f:0|g\nm.f:-5|g\n", "m.f:-5|g\n"},
		{"a total of this process", reporters.Counter, 7, "m.f:7|c\n", "m.f:7|c\n"},
		{"a total of nothing", reporters.Counter, 0, "", ""},
		{"a delta", reporters.CounterDelta, 3, "m.f:3|c\n", "m.f:3|c\n"},
		{"a negative delta", reporters.CounterDelta, -3, "m.f:-3|c\n", "m.f:-3|c\n"},
		{"a delta of nothing", reporters.CounterDelta, 0, "", ""},
		{"an observation", reporters.Sample, 320, "m.f:320|ms\n", "m.f:320|h\n"},
		{"a negative one", reporters.Sample, -1, "skipped", "m.f:-1|h\n"},
		{"a rise", reporters.GaugeDelta, 2, "m.f:+2|g\n", "skipped"},
		{"a fall", reporters.GaugeDelta, -2, "m.f:-2|g\n", "skipped"},
		{"no move", reporters.GaugeDelta, 0, "", "skipped"},
		{"no exponent", reporters.Gauge, 1e-9, "m.f:0.000000001|g\n", "m.f:0.000000001|g\n"},
		{"no exponent in a large number", reporters.Gauge, 1e21, "m.f:1000000000000000000000|g\n", "m.f:1000000000000000000000|g\n"},
		{"nor in a large negative one", reporters.CounterDelta, -1e15, "m.f:-1000000000000000|c\n", "m.f:-1000000000000000|c\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for want, o := range map[string]Options{tt.reference: {}, "dog" + tt.dog: {Tags: true}} {
				run := []reporters.Point{{Key: key("m"), Field: "f", Value: tt.value, Kind: tt.kind, ID: 1}}
				text, skipped := NewCodec(o).AppendRun(nil, run)
				got := string(text)
				if skipped == 1 {
					got += "skipped"
				}
				if want = strings.TrimPrefix(want, "dog"); got != want {
					t.Errorf("tags %v: got %q, want %q", o.Tags, got, want)
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
	for _, tt := range []struct {
		name      string
		key       monkit.SeriesKey
		reference string
		dog       string
	}{
		{"scope and tags", key("hits", "scope", "app", "zone", "eu"), "app.hits.eu.f:1|g", "hits.f:1|g|#scope:app,zone:eu"},
		{"hostile names", key("a:b|c@d#e f/g;h=i", "k", "v"), "a_b_c_d_e_f_g_h_i.v.f:1|g", "a_b_c_d_e_f_g_h_i.f:1|g|#k:v"},
		{"hostile tags", key("m", "a,b|c#d:e f", "g,h|i#j:k\nl"), "m.g_h_i_j_k_l.f:1|g", "m.f:1|g|#a_b_c_d_e_f:g_h_i_j:k_l"},
		{"a letter comes first", key("1._m", "_1k", "v"), "1._m.v.f:1|g", "m.f:1|g|#k:v"},
		{"a tag that ends in a colon", key("m", "k", "v:"), "m.v_.f:1|g", "m.f:1|g|#k:v_"},
		{"a tag without a value", key("m", "k", ""), "m.f:1|g", "m.f:1|g|#k"},
		{"a tag without a letter", key("m", "1", "v"), "m.v.f:1|g", "m.f:1|g"},
		{"long names and tags", key(long, "k", long), long[:251] + "." + long[:251] + ".f:1|g", long[:200] + ":1|g|#k:" + long[:198]},
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

// Both lines of a negative level reach a payload together.
func TestNegativeGaugeStaysInOnePayload(t *testing.T) {
	k := &keeper{}
	p := reporters.NewPusher(NewCodec(Options{}), k, reporters.PusherOptions{MaxPayload: 100})
	var points []reporters.Point
	for i := range 50 {
		points = append(points, reporters.Point{Key: key("level" + strings.Repeat("x", i%13)), Field: "f", Value: -1 - float64(i)})
	}
	if err := p.Report(t.Context(), &reporters.Batch{Points: points}); err != nil {
		t.Fatal(err)
	}
	for _, payload := range k.payloads {
		lines := strings.Split(strings.TrimSuffix(payload, "\n"), "\n")
		if len(payload) > 100 || len(lines)%2 != 0 || !strings.Contains(lines[0], ":0|g") {
			t.Errorf("payload %q", payload)
		}
	}
	if err := p.Ledger().Check(); err != nil {
		t.Error(err)
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
