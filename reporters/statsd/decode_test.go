package statsd

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// keeper is a Sender that keeps copies.
type keeper struct{ payloads []string }

func (k *keeper) Send(_ context.Context, p []byte, _ int) error {
	k.payloads = append(k.payloads, string(p))
	return nil
}
func (k *keeper) Flush(context.Context) error { return nil }
func (k *keeper) Close(context.Context) error { return nil }

func TestDecode(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a.b:1|c", "a.b 1 counter_delta"},
		{"a:1|c|@0.1", "a 10 counter_delta"},
		{"a:-2|c", "a -2 counter_delta"},
		{"a:1|c|@0.5|#x:y", "a,x=y 2 counter_delta"},
		{"a:1|c|#x:y|@0.5", "a,x=y 2 counter_delta"},
		{"a:5|g", "a 5 gauge"},
		{"a:-5|g", "a -5 gauge_delta"},
		{"a:+5|g", "a 5 gauge_delta"},
		{"a:250|ms|@0.1", "a 250 sample"},
		{"a:1:2:3|h", "a 1 sample; a 2 sample; a 3 sample"},
		{"a:1|d|#x:1,y", "a,x=1,y= 1 sample"},
		{"a:1|c:2|c|@0.5:3|g", "a 1 counter_delta; a 4 counter_delta; a 3 gauge"},
		{"a:1|c:2|g|#x:y", "a,x=y 1 counter_delta; a,x=y 2 gauge"},
		{"a:1|g|#url:http://x:1", "a,url=http://x:1 1 gauge"},
		{"a b/c:1|c", "a_b-c 1 counter_delta"},
		{"a:x|s", "a 0 set_member x"},
		{"a:x:y|s|#k:v", "a,k=v 0 set_member x:y"}, // DogStatsD packs no values of sets
		{"a:|s", "a 0 set_member 0"},
		{"a:1|c|", "a 1 counter_delta"},
		{"a:1|c||#x:y", "a,x=y 1 counter_delta"},
		{"a:1|c|#", "a 1 counter_delta"},
		{"a:1|c|#,:x,", "a 1 counter_delta"},
	} {
		b := &reporters.Batch{At: time.Unix(5, 0)}
		NewCodec(Options{}).Decode(b, []byte(tt.in+"\n"))
		var got []string
		for _, p := range b.Points {
			text := fmt.Sprint(p.Key, " ", p.Value, " ", p.Kind)
			if p.Kind == reporters.SetMember {
				text += " " + p.Field
			}
			if p.Time != 5e9 || p.Field != "" && p.Kind != reporters.SetMember {
				t.Errorf("%q: time %d, field %q", tt.in, p.Time, p.Field)
			}
			got = append(got, text)
		}
		if s := strings.Join(got, "; "); s != tt.want || len(b.Lines) != 1 {
			t.Errorf("%q: got %q of %d lines, want %q; %v", tt.in, s, len(b.Lines), tt.want, b.RejectedLines)
		}
	}
}

func TestDecodeReportsReasonAndError(t *testing.T) {
	for line, want := range map[string]struct {
		reason ledger.Reason
		err    error
	}{
		"a": {ledger.Malformed, errShape}, ":1|c": {ledger.Malformed, errName}, "a:1": {ledger.Malformed, errType}, "@:1|c": {ledger.Malformed, errName},
		"a:x|c": {ledger.Malformed, errValue}, "a:1|c|@2x": {ledger.Malformed, errRate}, "a:1|g|T-1": {ledger.Malformed, errStamp}, "a\x7f:1|c": {ledger.Malformed, errControl},
		"a\xe9:1|c": {ledger.Malformed, errUTF8}, "a:-1|ms": {ledger.Malformed, errNegative}, "a:1|c|0.1": {ledger.Malformed, errSection},
		"a:Infinity|g": {ledger.NotFinite, errInfinite}, "a:1e308|c|@0.001": {ledger.NotFinite, errScaled},
	} {
		var b reporters.Batch
		decode(&b, []byte(line+"\n"), Reference, false)
		if b.Rejected[want.reason] != 1 || b.RejectedLines[0].Err != want.err {
			t.Errorf("%q: %v, %+v", line, b.Rejected, b.RejectedLines)
		}
	}
}

// A member of a set passes to statsd, and no encoder can hold it.
func TestSetsAreSentToStatsdOnly(t *testing.T) {
	b := &reporters.Batch{}
	c := NewCodec(Options{})
	c.Decode(b, []byte("users:someone|s\n"))
	for format, want := range map[string]string{Format: "accepted=1 delivered=1 dropped=0 pending=0", "other": "accepted=1 delivered=0 dropped=1(unsupported=1) pending=0"} {
		p := reporters.NewPusher(c, &keeper{}, reporters.PusherOptions{Format: format})
		if err := p.Report(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if got := p.Ledger(); got.String() != want || got.Check() != nil {
			t.Errorf("%s: %v, want %s", format, got, want)
		}
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	p := []byte(strings.Repeat("servers.web1.app.requests:12.5|c|@0.1\n", 30))
	var b reporters.Batch
	c := NewCodec(Options{})
	n := testing.AllocsPerRun(100, func() {
		b.Reset()
		c.Decode(&b, p)
	})
	if n != 0 || len(b.Lines) != 30 {
		t.Errorf("%d lines cost %v allocations", len(b.Lines), n)
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, line := range map[string]string{"plain": "servers.web1.app.requests:12.5|c|@0.1\n", "tagged": "app.requests:12.5|c|#host:web1,zone:eu\n"} {
		b.Run(name, func(b *testing.B) {
			p := []byte(strings.Repeat(line, 1432/len(line)))
			var batch reporters.Batch
			c := NewCodec(Options{})
			b.ReportAllocs()
			for b.Loop() {
				batch.Reset()
				c.Decode(&batch, p)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch.Lines)), "ns/line")
		})
	}
}
