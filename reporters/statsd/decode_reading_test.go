package statsd

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// decodeOne decodes one line and checks that it is accepted, rejected or skipped once.
func decodeOne(t testing.TB, o Options, text string) *reporters.Batch {
	t.Helper()
	b := &reporters.Batch{At: time.Unix(5, 0)}
	NewCodec(o).Decode(b, []byte(text+"\n"))
	if n := int64(len(b.Lines)) + b.Rejected.Sum() + b.Skipped; n != 1 {
		t.Errorf("%q: %d lines are accounted for", text, n)
	}
	return b
}

// readings returns the points of b, with weights that are not 1, how many readings are
// bad beside them, and the error of a rejected line.
func readings(b *reporters.Batch) string {
	var all []string
	for i := range b.Points {
		p := &b.Points[i]
		text := fmt.Sprint(p.Key, " ", p.Value, " ", p.Kind)
		if w := p.Weight(); w != 1 {
			text += fmt.Sprint(" x", w)
		}
		all = append(all, text)
	}
	if b.BadReadings > 0 {
		all = append(all, fmt.Sprint("bad ", b.BadReadings))
	}
	if len(b.Lines) == 0 && len(b.RejectedLines) > 0 {
		all = append(all, "rejected "+string(b.RejectedLines[0].Reason))
	}
	return strings.Join(all, "; ")
}

// DogStatsD and statsd_exporter (#250) let a sampled time stand for 1/rate times, the
// reference daemon counts so many (gostatsd#190); its value stays.
func TestSampleWithARateHasItsWeight(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"t:100|ms|@0.1", "t 100 sample x10"},
		{"t:100|h|@0.25", "t 100 sample x4"},
		{"t:100|d|@0.5|#k:v", "t,k=v 100 sample x2"},
		{"t:100|ms|#k:v|@0.5", "t,k=v 100 sample x2"},
		{"t:1:2|ms|@0.5", "t 1 sample x2; t 2 sample x2"},
		{"t:1|ms|@0.5:2|ms:3|ms|@0.1", "t 1 sample x2; t 2 sample; t 3 sample x10"},
		{"t:1|ms|@2", "t 1 sample x0.5"},
		{"t:1|ms|@1", "t 1 sample"},
		{"t:1|ms|@0.000000001", "t 1 sample x9.999999999999999e+08"},
		{"t:x|ms|@0.5:1|c:2|ms|@0.1", "t 1 counter_delta; t 2 sample x10; bad 1"},
		{"c:1|c|@0.1", "c 10 counter_delta"},
		{"c:1|kv|@0.1", "c 10 counter_delta"},
		{"g:1|g|@0.1", "g 1 gauge"},
		{"g:1|g|@0", "g 1 gauge"},
		{"s:1|s|@0", "s 0 set_member"},
	} {
		if got := readings(decodeOne(t, Options{}, tt.in)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
	}
}

// A rate beyond these bounds is a fault of the sender: the reference daemon adds
// infinity for @0, which stays for ever.
func TestRateThatNoSenderMeansIsRejected(t *testing.T) {
	for _, kind := range []string{"c", "ms", "h", "d", "m"} {
		for _, rate := range []string{"0", "-0", "1e-10", "0.0000000001", "1e10", "1e999", "Infinity", "NaN", "-1", "x", "", "0.1.2"} {
			b := decodeOne(t, Options{}, "a:1|"+kind+"|@"+rate)
			if len(b.RejectedLines) != 1 || b.RejectedLines[0].Err != errRate || len(b.Points) != 0 {
				t.Errorf("%s with the rate %q: %s, %v", kind, rate, readings(b), b.RejectedLines)
			}
		}
	}
	if b := decodeOne(t, Options{}, "a:1e300|c|@0.000000001"); b.Rejected[ledger.NotFinite] != 1 {
		t.Errorf("a value that its rate makes infinite: %s", readings(b))
	}
}

// What statsd 0.9.0 does with the same bytes (stats.js, lib/helpers.js), with these
// exceptions: h and d are samples; values are finite; white space alone is no value;
// and several values before a type count, which only DogStatsD's clients send.
func TestReadingsCountAsInTheReferenceDaemon(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a:1|c ", "a 1 counter_delta"},
		{"a: 1|c", "a 1 counter_delta"},
		{"a:1 |c", "a 1 counter_delta"},
		{"a:1|c\t", "a 1 counter_delta"},
		{"a:1|c\r\r", "a 1 counter_delta"},
		{"a:1|c\v\f", "a 1 counter_delta"},
		{"a:\t1 | c |@0.5 ", "a 2 counter_delta"},
		{"a:1|c|@ 0.5", "a 2 counter_delta"},
		{"a:\u00a01|c\ufeff", "a 1 counter_delta"},
		{"a:1|ms ", "a 1 sample"},
		{"a:1|c|#k:v ", "a,k=v 1 counter_delta"},
		{"a:1|c|# k : v , up", "a,k=v,up= 1 counter_delta"},
		{"a:1|m", "a 1 counter_delta"},
		{"a:1|kv", "a 1 counter_delta"},
		{"a:1|", "a 1 counter_delta"},
		{"a:1|zz", "a 1 counter_delta"},
		{"a:1|C", "a 1 counter_delta"},
		{"a:0x10|c", "a 16 counter_delta"},
		{"a:1e3|c", "a 1000 counter_delta"},
		{"a:+3|c", "a 3 counter_delta"},
		{"a:-3|c", "a -3 counter_delta"},
		{"a:.5|ms", "a 0.5 sample"},
		{"a:-1|ms", "rejected malformed"},
		{"a:-0|ms", "a -0 sample"},
		{"a:-1|h", "a -1 sample"},
		{"a: -5|g", "a -5 gauge"}, // its sign is not the first character
		{"a:-5|g", "a -5 gauge_delta"},
		{"a:-5|g ", "a -5 gauge_delta"},
		{"a:Infinity|c", "rejected not_finite"},
		{"a:-inf|g", "rejected not_finite"},
		{"a:NaN|g", "rejected not_finite"},
		{"a: |c", "rejected malformed"},
		{"a:|c", "rejected malformed"},
		{"a:1", "rejected malformed"},
		{"a:1|c|0.1", "rejected malformed"},
		{"a:1|c|x|#k:v", "rejected malformed"},
		{"a:1|c|#k:v|x", "a,k=v 1 counter_delta"},
		{"a:1|c|#k:v:2|c", "a,k=v:2 1 counter_delta"},
	} {
		if got := readings(decodeOne(t, Options{}, tt.in)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
	}
}

// statsd 0.9.0 counts a bad reading in bad_lines_seen and goes on with the next.
func TestBadReadingsAreLeftOutOneByOne(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"mb:1|c:x|c:3|c", "mb 1 counter_delta; mb 3 counter_delta; bad 1"},
		{"mb:x|c:3|c", "mb 3 counter_delta; bad 1"},
		{"mb:1|c:2", "mb 1 counter_delta; bad 1"},
		{"mb:1|c:", "mb 1 counter_delta; bad 1"},
		{"mb:1|c:2:3", "mb 1 counter_delta; bad 2"},
		{"mb:1|c:-2|ms:3|g", "mb 1 counter_delta; mb 3 gauge; bad 1"},
		{"mb:1|c|@x:2|c", "mb 2 counter_delta; bad 1"},
		{"mb:1:2|c|@0:3|c", "mb 3 counter_delta; bad 2"},
		{"mb:1|c|:2|c", "mb 1 counter_delta; mb 2 counter_delta"},
		{"mb:1|g|Tx:2|g", "mb 2 gauge; bad 1"},
		{"mb:1|c|0.1:2|c", "mb 2 counter_delta; bad 1"},
		{"mb:Infinity|c:2|c", "mb 2 counter_delta; bad 1"},
		{"mb:1:x:3|ms", "mb 1 sample; mb 3 sample; bad 1"},
		{"mb:x|s:y|c", "mb 0 set_member; bad 1"},
		{"mb:x|c|#k:v", "rejected malformed"},
		{"mb:x|c:y|c:z|c", "rejected malformed"},
		{"mb:Infinity|c:y|c", "rejected not_finite"},
	} {
		b := decodeOne(t, Options{}, tt.in)
		if got := readings(b); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
		if len(b.Lines) == 1 && string(b.Lines[0].Raw) != tt.in {
			t.Errorf("%q is kept as %q", tt.in, b.Lines[0].Raw)
		}
	}
	b := decodeOne(t, Options{}, "mb:1|c:x|c|@0.5:y|c")
	if len(b.RejectedLines) != 1 || b.RejectedLines[0].Reason != ledger.BadReading || b.RejectedLines[0].Text != "mb:1|c:x|c|@0.5:y|c" ||
		b.RejectedLines[0].Err.Error() != `reading "x|c|@0.5" is left out: value is not a number` {
		t.Errorf("the example is %+v", b.RejectedLines)
	}
	b.Reset()
	if b.BadReadings != 0 {
		t.Errorf("%d bad readings after Reset", b.BadReadings)
	}
}

// DogStatsD has no deltas of gauges and no types but its own.
func TestDogStatsDReadsItsOwnLines(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"temp:-5|g|#room:x", "temp,room=x -5 gauge"},
		{"temp:+5|g", "temp 5 gauge"},
		{"temp:-1:-2|g", "temp -1 gauge; temp -2 gauge"},
		{"t:-1|ms", "t -1 sample"},
		{"a:1:2:3|c|@0.5", "a 2 counter_delta; a 4 counter_delta; a 6 counter_delta"},
		{"a:1|c|c:ci-abc|e:it-false,cn-x:y|card:low|later:1", "a 1 counter_delta"},
		{"a:1|m", "rejected unsupported"},
		{"a:1|", "rejected unsupported"},
		{"a:1|zz:2|c", "a 2 counter_delta; bad 1"},
		{"a b:0x10|c ", "a_b 16 counter_delta"},
	} {
		if got := readings(decodeOne(t, Options{Dialect: DogStatsD}, tt.in)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
	}
}

// DogStatsD's protocol 1.3: whole seconds since 1970, for the readings before it.
func TestTimeInALineIsThatOfItsPoints(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []int64 // seconds; negative ones are times of the batch
	}{
		{"g:8|g|T1700000000", []int64{1700000000}},
		{"g:8|g|T1", []int64{1}},
		{"g:8|g|T9223372035", []int64{9223372035}},
		{"c:8:9|c|T1700000000|#k:v", []int64{1700000000, 1700000000}},
		{"g:8|g|#k:v|T1700000000 ", []int64{1700000000}},
		{"g:8|g", []int64{-5}},
		{"g:8|g|T7:9|g", []int64{7, -5}},
	} {
		b := decodeOne(t, Options{}, tt.in)
		var got []int64
		for _, p := range b.Points {
			if p.Stamped {
				got = append(got, p.Time/1e9)
			} else {
				got = append(got, -p.Time/1e9)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%q: times %v, want %v", tt.in, got, tt.want)
		}
	}
	for _, stamp := range []string{"", "0", "-1", "x", "1.5", "1700000000000", "9223372037", "1e99", "NaN", "2023-11-14"} {
		for _, dialect := range []Dialect{Reference, DogStatsD} {
			b := decodeOne(t, Options{Dialect: dialect}, "g:8|g|T"+stamp)
			if len(b.RejectedLines) != 1 || b.RejectedLines[0].Err != errStamp {
				t.Errorf("T%s: %s", stamp, readings(b))
			}
		}
	}
}
