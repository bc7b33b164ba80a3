package influx

import (
	"cmp"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"monkit.example/internal/codectest"
	"monkit.example/internal/dotted"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

var key = codectest.Key

func TestAppendRun(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name    string
		key     monkit.SeriesKey
		field   string
		value   float64
		want    string
		skipped int
	}{
		{"a line", key("m", "b", "2", "a", "1"), "f", 1.5, "m,a=1,b=2 f=1.5 42\n", 0},
		{"whole numbers are floats", key("m"), "f", 1, "m f=1 42\n", 0},
		{"negative zero", key("m"), "f", math.Copysign(0, -1), "m f=0 42\n", 0},
		{"an exponent", key("m"), "f", 1e300, "m f=1e+300 42\n", 0},
		{"a value that is not finite", key("m"), "f", nan, "", 1},
		{"separators", key("a b,c=d", "e f,g=h", "i j,k=l"), "m n,o=p", 1, `a\ b\,c=d,e\ f\,g\=h=i\ j\,k\=l m\ n\,o\=p=1 42` + "\n", 0},
		{"quotes", key(`"m"`, `"k"`, `"v"`), `"f"`, 1, `"m","k"="v" "f"=1 42` + "\n", 0},
		{"backslashes", key(`a\b\`, `c\`, `d\`), `e\`, 1, "a/b/,c/=d/ e/=1 42\n", 0},
		{"control characters", key("a\nb", "c\td", "e\x00f"), "g\rh", 1, `a\ b,c\ d=e\ f g\ h=1 42` + "\n", 0},
		{"delete is a control character", key("a\x7fb"), "c\x7fd", 1, `a\ b c\ d=1 42` + "\n", 0},
		{"invalid UTF-8", key("a\xff", "b\xfe", "c\xfd"), "d\xfc", 1, "a\ufffd,b\ufffd=c\ufffd d\ufffd=1 42\n", 0},
		{"other characters are kept", key("größe", "länge", "ä"), "x", 1, "größe,länge=ä x=1 42\n", 0},
		{"a comment sign at the start", key("#m"), "f", 1, "n#m f=1 42\n", 0},
		{"reserved names", key("_m", "time", "1", "_field", "2", "_measurement", "3"), "time", 1, "n_m,_field_=2,_measurement_=3,time_=1 time__=1 42\n", 0},
		{"no letter in the measurement", key("_#"), "f", 1, "n_# f=1 42\n", 0},
		{"no measurement", key(""), "f", 1, "", 1},
		{"one key as tag and field", key("m", "host", "a"), "host", 1, "m,host=a host_=1 42\n", 0},
		{"no field", key("m"), "", 1, "m value=1 42\n", 0},
		{"tags without a value, which the server does not take, or a key", key("m", "a", "", "", "b", "c", "d"), "f", 1, "m,a=true,c=d f=1 42\n", 0},
		{"tags that become equal", key("m", `a\`, "1", "a/", "2"), "f", 1, "m,a/=2 f=1 42\n", 0},
		{"tags that change their order", key("m", `a\`, "1", "aA", "2"), "f", 1, "m,a/=1,aA=2 f=1 42\n", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, id := range []uint32{0, 1} {
				run := []reporters.Point{{Key: tt.key, Field: tt.field, Value: tt.value, Time: 42, ID: id, Series: id}}
				got, skipped := newCodec().AppendRun(nil, run)
				if string(got) != tt.want || skipped != tt.skipped {
					t.Errorf("id %d: got %q, %d skipped, want %q, %d", id, got, skipped, tt.want, tt.skipped)
				}
			}
		})
	}
}

// InfluxDB stores times from MinInt64+2 to MaxInt64-1 (models/time.go).
func TestTimesThatTheServerDoesNotStoreAreSkipped(t *testing.T) {
	for nanos, want := range map[int64]string{
		-1: "m f=1 -1\n", 0: "m f=1 0\n",
		math.MinInt64: "", math.MinInt64 + 1: "", math.MinInt64 + 2: "m f=1 -9223372036854775806\n",
		math.MaxInt64: "", math.MaxInt64 - 1: "m f=1 9223372036854775806\n",
	} {
		run := []reporters.Point{{Key: key("m"), Field: "f", Value: 1, Time: nanos}}
		got, skipped := newCodec().AppendRun(nil, run)
		if string(got) != want || (skipped == 1) != (want == "") {
			t.Errorf("time %d: got %q, %d skipped, want %q", nanos, got, skipped, want)
		}
	}
}

func TestRunIsOneLine(t *testing.T) {
	k := key("m", "t", "v")
	var run []reporters.Point
	for i, v := range []float64{1, math.NaN(), 3, math.Inf(1)} {
		run = append(run, reporters.Point{Key: k, Field: string(rune('a' + i)), Value: v, Time: 42, ID: uint32(i + 1), Series: 9})
	}
	run = append(run, reporters.Point{Key: k, Field: "moved", Value: 1, Time: 42, Kind: reporters.GaugeDelta})
	got, skipped := newCodec().AppendRun([]byte("before\n"), run)
	if want := "before\nm,t=v a=1,c=3 42\n"; string(got) != want || skipped != 3 {
		t.Errorf("got %q, %d skipped, want %q", got, skipped, want)
	}
}

// A field that is plain is written without a look at each character, and so must
// have the key that the others get.
func TestPlainFieldsNeedNoChange(t *testing.T) {
	fields := []string{"", "time", "_field", "_measurement", "_x", "x_", "r99", "Time", "a b", "a,b", "a=b", "a.b", "ä", "a\\b", "a\x00"}
	for c := range 256 {
		fields = append(fields, string([]byte{byte(c)}), "x"+string([]byte{byte(c)}))
	}
	plain := 0
	for _, f := range fields {
		if !isPlain(f) {
			continue
		}
		plain++
		if got := cleanKey(f); got != f || strings.ContainsAny(f, ",= ") {
			t.Errorf("%q is plain and its key is %q", f, got)
		}
	}
	if want := 62 + 62 + 1 + 3; plain != want { // x_ is there twice
		t.Errorf("%d fields are plain, want %d", plain, want)
	}
}

// The parser of the format's own authors reads what we write, any text.
func FuzzEncode(f *testing.F) {
	f.Add("m", "k", "v", "f", 1.5, int64(42))
	f.Add(`#a\`, " \n", "=,", "\xff", -1e-300, int64(-1))
	f.Add("0", "0", "", "0", -73.0, int64(99)) // a tag without a value, and its key as a field
	f.Fuzz(func(t *testing.T, measurement, tagKey, tagVal, field string, v float64, at int64) {
		run := []reporters.Point{{Key: key(measurement, tagKey, tagVal), Field: field, Value: v, Time: at}}
		line, skipped := newCodec().AppendRun(nil, run)
		if skipped == 1 {
			if len(line) != 0 {
				t.Fatalf("skipped, but wrote %q", line)
			}
			return
		}
		d := lineprotocol.NewDecoderWithBytes(line)
		if !d.Next() {
			t.Fatalf("no line in %q", line)
		}
		tags := 0
		m, err := d.Measurement()
		if err != nil || len(m) == 0 {
			t.Fatalf("%q: measurement %q, %v", line, m, err)
		}
		for {
			k, val, err := d.NextTag()
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if k == nil {
				break
			}
			tags++
			if string(k) != cleanKey(tagKey) || string(val) != cmp.Or(clean(tagVal), dotted.NoValue) {
				t.Fatalf("%q: tag %q=%q", line, k, val)
			}
		}
		k, val, err := d.NextField()
		want := fieldKey(field)
		if tags > 0 && cleanKey(tagKey) == want {
			want += "_"
		}
		if err != nil || val.FloatV() != v || string(k) != want {
			t.Fatalf("%q: field %q=%v, %v", line, k, val, err)
		}
		if got, err := d.Time(lineprotocol.Nanosecond, time.Time{}); err != nil || got.UnixNano() != at {
			t.Fatalf("%q: time %v, %v", line, got, err)
		}
		if d.Next() {
			t.Fatalf("more than a line: %q", line)
		}
	})
}

func BenchmarkAppendRun(b *testing.B) {
	for name, id := range map[string]uint32{"registry": 1, "wire": 0} {
		b.Run(name, func(b *testing.B) {
			k := key("latency", "scope", "example.com/app", "host", "web1")
			var run []reporters.Point
			for i, field := range []string{"count", "sum", "min", "max", "r50", "r90", "r99", "recent"} {
				run = append(run, reporters.Point{Key: k, Field: field, Value: 0.0123 * float64(i), Time: 1_700_000_000e9, ID: id * uint32(i+2), Series: id})
			}
			c := newCodec()
			dst := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = c.AppendRun(dst[:0], run)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(run)), "ns/point")
		})
	}
}
