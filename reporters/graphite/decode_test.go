package graphite

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

func TestDecode(t *testing.T) {
	now := time.Unix(1_700_000_123, 456)
	for _, tt := range []struct {
		name, in string
		want     reporters.Point
		raw      string
	}{
		{"a line", "a.b.c 1.5 1700000000", reporters.Point{Key: key("a.b"), Field: "c", Value: 1.5, Time: 1_700_000_000e9}, "a.b.c 1.5 1700000000"},
		{"no dot", "a 1 2", reporters.Point{Key: key("a"), Value: 1, Time: 2e9}, "a 1 2"},
		{"a total", "a.total 1 2", reporters.Point{Key: key("a"), Field: "total", Value: 1, Time: 2e9}, "a.total 1 2"},
		{"tags", "a.b;y=2;x=1 1 2", reporters.Point{Key: key("a", "x", "1", "y", "2"), Field: "b", Value: 1, Time: 2e9}, "a.b;y=2;x=1 1 2"},
		{"a tag with an equals sign", "a;x=1=2 1 2", reporters.Point{Key: key("a", "x", "1=2"), Value: 1, Time: 2e9}, "a;x=1=2 1 2"},
		{"any white space", " \ta\t1  2\t", reporters.Point{Key: key("a"), Value: 1, Time: 2e9}, "a 1 2"},
		{"a part of a second", "a 1 2.25", reporters.Point{Key: key("a"), Value: 1, Time: 2_250_000_000}, "a 1 2.25"},
		{"no time", "a 1", reporters.Point{Key: key("a"), Value: 1, Time: now.UnixNano()}, "a 1 1700000123"},
		{"time -1", "a  1 -1", reporters.Point{Key: key("a"), Value: 1, Time: now.UnixNano()}, "a 1 1700000123"},
		{"time N", "a;b=c 1 N", reporters.Point{Key: key("a", "b", "c"), Value: 1, Time: now.UnixNano()}, "a;b=c 1 1700000123"},
		{"dots at the ends", ".a. 1 2", reporters.Point{Key: key(".a"), Value: 1, Time: 2e9}, ".a. 1 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &reporters.Batch{At: now}
			if n := NewCodec(Options{}).Decode(b, []byte(tt.in+"\n")); n != len(tt.in)+1 || len(b.Points) != 1 || len(b.Lines) != 1 {
				t.Fatalf("took %d bytes, %+v", n, b)
			}
			got, want := b.Points[0], tt.want
			if got.Key.String() != want.Key.String() {
				t.Errorf("key is %v, want %v", got.Key, want.Key)
			}
			if got.Key, want.Key = (monkit.SeriesKey{}), (monkit.SeriesKey{}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if raw := string(b.Lines[0].Raw); raw != tt.raw {
				t.Errorf("passes as %q, want %q", raw, tt.raw)
			}
		})
	}
}

func TestDecodeReportsReasonAndError(t *testing.T) {
	for line, want := range map[string]struct {
		reason ledger.Reason
		err    error
	}{
		"a b 1": {ledger.Malformed, errValue}, "a nan 1": {ledger.NotFinite, errFinite}, "a -inf 1": {ledger.NotFinite, errFinite}, "a 1e400 1": {ledger.NotFinite, errFinite},
		"a": {ledger.Malformed, errFields}, "a 1 2 3": {ledger.Malformed, errFields}, "a 1 x": {ledger.Malformed, errTime}, "a 1 -2": {ledger.Malformed, errTime}, "a 1 -0.5": {ledger.Malformed, errTime}, "a 1 1700000000000": {ledger.Malformed, errMillis}, "\x01 1 2": {ledger.Malformed, errPath}, "a;b 1 2": {ledger.Malformed, errTag},
	} {
		var b reporters.Batch
		decode(&b, []byte(line+"\n"))
		if b.Rejected[want.reason] != 1 || b.RejectedLines[0].Err != want.err {
			t.Errorf("%q: %v, %+v", line, b.Rejected, b.RejectedLines)
		}
	}
}

// datagram is lines as a busy program sends them, up to 1432 bytes.
func datagram() (p []byte, lines int) {
	for {
		line := fmt.Appendf(nil, "servers.web%03d.app.requests.r99 %d.%d 1700000000\n", lines, lines*37, lines)
		if len(p)+len(line) > 1432 {
			return p, lines
		}
		p = append(p, line...)
		lines++
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	p, lines := datagram()
	var b reporters.Batch
	c := NewCodec(Options{})
	n := testing.AllocsPerRun(100, func() {
		b.Reset()
		c.Decode(&b, p)
	})
	if n != 0 || len(b.Lines) != lines {
		t.Errorf("%d lines cost %v allocations", len(b.Lines), n)
	}
}

func BenchmarkDecode(b *testing.B) {
	plain, lines := datagram()
	for name, p := range map[string][]byte{"plain": plain, "tagged": bytes.ReplaceAll(plain, []byte(".r99"), []byte(".r99;a=b"))} {
		b.Run(name, func(b *testing.B) {
			var batch reporters.Batch
			c := NewCodec(Options{})
			b.ReportAllocs()
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				batch.Reset()
				c.Decode(&batch, p)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
		})
	}
}
