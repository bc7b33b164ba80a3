package influx

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
)

// decodedWith decodes a line with a precision.
func decodedWith(t *testing.T, precision, line string) *reporters.Batch {
	t.Helper()
	unit, err := ParsePrecision(precision)
	if err != nil {
		t.Fatal(err)
	}
	b := &reporters.Batch{At: time.Unix(1_700_000_123, 456)}
	d := NewDecoder(DecoderOptions{Precision: unit})
	if n := d.Decode(b, []byte(line+"\n")); n != len(line)+1 || int64(len(b.Lines))+b.Rejected.Sum() != 1 {
		t.Fatalf("%q: %d bytes, %d lines, rejected %v", line, n, len(b.Lines), b.Rejected)
	}
	return b
}

// Lines are sent on with nanoseconds, which is the precision of all destinations.
func TestTimesHaveThePrecisionOfTheListener(t *testing.T) {
	for _, tt := range []struct {
		precision, line, raw string
		nanos                int64
	}{
		{"ns", "m f=1 1700000000000000001", "m f=1 1700000000000000001", 1_700_000_000_000_000_001},
		{"us", "m f=1 1700000000000001", "m f=1 1700000000000001000", 1_700_000_000_000_001_000},
		{"ms", "m f=1 1700000000001", "m f=1 1700000000001000000", 1_700_000_000_001_000_000},
		{"s", "m f=1 1700000000", "m f=1 1700000000000000000", 1_700_000_000_000_000_000},
		{"s", "m f=1 -1", "m f=1 -1000000000", -1e9},
		{"s", "m f=1 0", "m f=1 0", 0},
		{"s", "m f=1", "m f=1 1700000123000000456", 1_700_000_123_000_000_456},
		{"s", `  m,a=\ b  s="x  1",f=.5   1700000000 `, `m,a=\ b s="x  1",f=0.5 1700000000000000000`, 1_700_000_000_000_000_000},
		{"s", `m s="x  1" 1700000000` + "\r", `m s="x  1" 1700000000000000000`, 0},
		{"ms", "m f=1 9223372036854", "m f=1 9223372036854000000", 9_223_372_036_854_000_000},
		{"ms", "m f=1 -9223372036854", "m f=1 -9223372036854000000", -9_223_372_036_854_000_000},
	} {
		b := decodedWith(t, tt.precision, tt.line)
		if len(b.Lines) != 1 || string(b.Lines[0].Raw) != tt.raw {
			t.Errorf("%s %q: passed on as %+v, rejected %v", tt.precision, tt.line, b.Lines, b.RejectedLines)
		}
		if len(b.Points) > 0 && b.Points[0].Time != tt.nanos {
			t.Errorf("%s %q: time %d, want %d", tt.precision, tt.line, b.Points[0].Time, tt.nanos)
		}
	}
}

func TestTimesOutOfRangeNameThePrecisionThatTheySeemToHave(t *testing.T) {
	for _, tt := range []struct{ precision, stamp, want string }{
		{"s", "1700000000000", "write precision=ms"},
		{"s", "1700000000000000", "write precision=us"},
		{"s", "1700000000000000000", "write precision=ns"},
		{"ms", "1700000000000000", "write precision=us"},
		{"us", "1700000000000000000", "write precision=ns"},
		{"s", "9223372037", "out of the range"},
		{"s", "-9223372037", "out of the range"},
		{"us", "9223372036854775807", "out of the range"},
		{"us", "-9223372036854775808", "out of the range"},
		{"ns", "9223372036854775807", "out of the range"},
		{"ns", "-9223372036854775807", "out of the range"},
		{"ns", "9223372036854775808", "whole number of 64 bits"},
		{"s", "1.5", "invalid timestamp"},
	} {
		b := decodedWith(t, tt.precision, "m f=1 "+tt.stamp)
		if len(b.RejectedLines) != 1 || !strings.Contains(b.RejectedLines[0].Err.Error(), tt.want) || len(b.Points) > 0 {
			t.Errorf("%s %s: %d points, rejected %v, want %q", tt.precision, tt.stamp, len(b.Points), b.RejectedLines, tt.want)
		}
	}
}

func TestUnknownPrecisionNamesThoseThatAreKnown(t *testing.T) {
	for _, name := range []string{"", "m", "h", "S", "1s", "sec", "µs", "n"} {
		if _, err := ParsePrecision(name); err == nil || !strings.Contains(err.Error(), "write ns, us, ms or s") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A client that is not set to nanoseconds writes times of early 1970. Passed lines
// are counted like decoded ones.
func TestTimesBefore1980AreAHint(t *testing.T) {
	for _, tt := range []struct{ precision, stamp, want string }{
		{"ns", "1700000000", "time_in_seconds"}, {"ns", "1700000000000", "time_in_milliseconds"}, {"ns", "1700000000000000", "time_in_microseconds"},
		{"us", "1700000000", "time_in_seconds"}, {"us", "1700000000000", "time_in_milliseconds"}, {"ms", "1700000000", "time_in_seconds"},
		{"ns", "0", "time_before_1980"}, {"ns", "-5", "time_before_1980"}, {"ns", "42", "time_before_1980"}, {"s", "0", "time_before_1980"}, {"s", "315532799", "time_before_1980"},
		{"ns", "315532799999999999", "time_before_1980"}, {"ns", "5000000000", "time_before_1980"}, {"ns", "315532800", "time_in_seconds"},
		{"ns", "315532800000000000", ""}, {"ns", "1700000000000000000", ""}, {"ns", "9000000000000000000", ""}, {"ns", "", ""},
		{"us", "1700000000000000", ""}, {"ms", "1700000000000", ""}, {"s", "1700000000", ""}, {"s", "315532800", ""},
	} {
		p := fmt.Appendf(nil, "m f=1 %s\nm f=2 %s\n", tt.stamp, tt.stamp)
		unit, _ := ParsePrecision(tt.precision)
		d := NewDecoder(DecoderOptions{Precision: unit})
		batches := []*reporters.Batch{{At: time.Unix(1_700_000_123, 0)}, {At: time.Unix(1_700_000_123, 0)}}
		d.Decode(batches[0], p)
		if spans := reporters.NewSpanDecoder(d); spans != nil {
			spans.Decode(batches[1], p)
		} else if batches = batches[:1]; tt.precision == "ns" {
			t.Error("lines in nanoseconds are not scanned")
		}
		for i, b := range batches {
			got := ""
			for hint, n := range b.Hints {
				if got += hint.Name; n != 2 || !strings.Contains(hint.Advice, "precision") {
					t.Errorf("hint %+v of %d lines", hint, n)
				}
			}
			if got != tt.want || b.Accepted() != 2 {
				t.Errorf("%s %q, batch %d: %d lines, hint %q, want %q", tt.precision, tt.stamp, i, b.Accepted(), got, tt.want)
			}
		}
	}
}

// The sender should write what this listener reads, which need not be nanoseconds.
func TestHintsNameTheUnitOfTheListener(t *testing.T) {
	for _, tt := range []struct {
		unit        time.Duration
		stamp       string
		want, other string
	}{
		{time.Nanosecond, "1700000000", "write precision=s in the address of the listener, or have the sender write nanoseconds", ""},
		{0, "1700000000", "or have the sender write nanoseconds", ""},
		{time.Microsecond, "1700000000000", "write precision=ms in the address of the listener, or have the sender write microseconds", "nanoseconds"},
		{time.Millisecond, "1700000000", "write precision=s in the address of the listener, or have the sender write milliseconds", "nanoseconds"},
		{time.Second, "5", "it does not write seconds, which is the precision of the listener", "nanoseconds"},
		{time.Millisecond, "0", "it does not write milliseconds", "nanoseconds"},
		{time.Nanosecond, "0", "it does not write nanoseconds", ""},
		{100 * time.Millisecond, "1700000000", "have the sender write units of 100ms", "nanoseconds"},
		{time.Minute, "7", "it does not write units of 1m0s", "seconds"},
	} {
		b := &reporters.Batch{At: time.Unix(1_700_000_123, 0)}
		NewDecoder(DecoderOptions{Precision: tt.unit}).Decode(b, fmt.Appendf(nil, "m f=1 %s\nm f=2 %s\n", tt.stamp, tt.stamp))
		if len(b.Hints) != 1 {
			t.Errorf("%v, %s: hints %v", tt.unit, tt.stamp, b.Hints)
		}
		for hint, n := range b.Hints {
			if n != 2 || !strings.Contains(hint.Advice, tt.want) || tt.other != "" && strings.Contains(hint.Advice, tt.other) {
				t.Errorf("%v, %s: %d lines, %q, want %q", tt.unit, tt.stamp, n, hint.Advice, tt.want)
			}
		}
	}
}

func FuzzDecodePrecision(f *testing.F) {
	f.Add([]byte("m f=1 1700000000\n  m  s=\"a  b\" 1\nm f=.5 99999999999\nm f=1\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		b := &reporters.Batch{At: time.Unix(1_700_000_000, 0)}
		n := NewDecoder(DecoderOptions{Precision: time.Second}).Decode(b, p)
		if got, want := int64(len(b.Lines))+b.Rejected.Sum()+b.Skipped, strings.Count(string(p[:n]), "\n"); got != int64(want) {
			t.Fatalf("of %q %d lines are accounted for", p, got)
		}
		for _, l := range b.Lines {
			again := &reporters.Batch{At: time.Unix(1_700_000_001, 0)}
			newCodec().Decode(again, append(append([]byte(nil), l.Raw...), '\n'))
			points := b.Points[l.First : l.First+l.N]
			if len(again.Lines) != 1 || string(again.Lines[0].Raw) != string(l.Raw) || len(again.Points) != len(points) {
				t.Fatalf("%q is kept as %q, and that as %+v", p, l.Raw, again)
			}
			for i := range points {
				if points[i].Time != again.Points[i].Time || points[i].Value != again.Points[i].Value {
					t.Fatalf("%q: point %+v, passed on %+v", p, points[i], again.Points[i])
				}
			}
		}
	})
}
