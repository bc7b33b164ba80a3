package statsd

import (
	"fmt"
	"strings"
	"testing"

	"monkit.example/reporters"
)

// gauges returns the points of several series with negative gauges of any length of
// line, and others between them.
func gauges() (points []reporters.Point) {
	for i := range 60 {
		k := key(fmt.Sprint("level", i, strings.Repeat("x", i%13)), "zone", "eu")
		for j := range 1 + i%7 {
			n := len(points) + 1
			points = append(points, reporters.Point{Key: k, Field: fmt.Sprint("f", j), Value: float64(j%3 - 2), Series: uint32(i + 1), ID: uint32(n), Time: 1e9})
		}
	}
	return points
}

// checkPairs fails if a datagram has a negative gauge without the zero before it.
func checkPairs(t *testing.T, payloads []string, most, want int) {
	t.Helper()
	negative := 0
	for _, payload := range payloads {
		if len(payload) > most {
			t.Errorf("a payload of %d bytes, the limit is %d: %q", len(payload), most, payload)
		}
		before := ""
		for line := range strings.Lines(payload) {
			if name, rest, _ := strings.Cut(line, ":-"); rest != "" {
				negative++
				if !strings.HasPrefix(before, name+":0|g") {
					t.Errorf("%q is not behind its zero in %q", line, payload)
				}
			}
			before = line
		}
	}
	if negative != want {
		t.Errorf("%d negative gauges are sent, want %d", negative, want)
	}
}

// A gauge below zero is set to zero first, so that its sign moves it from there
// (statsd/statsd docs/metric_types.md; brubeck#43, vector#20096). Both lines are in
// one datagram, which are lost and overtake each other alone.
func TestNegativeGaugeAndItsZeroAreInOneDatagram(t *testing.T) {
	negative := 0
	for _, p := range gauges() {
		if p.Value < 0 {
			negative++
		}
	}
	received := func() *reporters.Batch { // as lines of this format
		b := &reporters.Batch{}
		text, _ := NewCodec(Options{Tags: true}).AppendRun(nil, gauges())
		if n := NewCodec(Options{}).Decode(b, text); n != len(text) || len(b.Rejected) > 0 {
			t.Fatalf("decoded %d of %d bytes, rejected %v", n, len(text), b.Rejected)
		}
		return b
	}
	for name, make := range map[string]func() *reporters.Batch{
		"of a collector": func() *reporters.Batch { return &reporters.Batch{Points: gauges()} },
		"received in another format": func() *reporters.Batch {
			b := &reporters.Batch{Format: "other", Points: gauges()}
			for i := range b.Points {
				b.Points[i].Series, b.Points[i].ID = 0, 0
				b.Lines = append(b.Lines, reporters.Line{First: int32(i), N: 1})
			}
			return b
		},
		"received, as they are": received,
		"received, as spans": func() *reporters.Batch {
			b := received()
			var text []byte
			for _, l := range b.Lines {
				text = append(append(text, l.Raw...), '\n')
			}
			span := NewCodec(Options{}).(reporters.Scanner).Scan(text)
			if len(span.Text) != len(text) {
				t.Fatalf("scanned %d of %d bytes", len(span.Text), len(text))
			}
			const zero = ":0|g|#zone:eu\n"
			cut := 140 + strings.Index(string(span.Text[140:]), zero) + len(zero) // between both lines of a pair
			half := reporters.Span{Text: span.Text[:cut], Lines: strings.Count(string(span.Text[:cut]), "\n"), Longest: span.Longest}
			rest := reporters.Span{Text: span.Text[cut:], Lines: span.Lines - half.Lines, Longest: span.Longest}
			return &reporters.Batch{Format: Format, Spans: []reporters.Span{half, rest}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for most := 90; most < 700; most += 7 {
				k := &keeper{}
				p := reporters.NewPusher(NewCodec(Options{Tags: true}), k, reporters.PusherOptions{MaxPayload: most, Format: Format})
				b := make()
				report := p.Report
				if len(b.Spans) > 0 {
					report = p.ReportSpans
				}
				if err := report(t.Context(), b); err != nil {
					t.Fatal(err)
				}
				checkPairs(t, k.payloads, most, negative)
				if err := p.Ledger().Check(); err != nil || len(p.Ledger().Dropped) > 0 || p.Ledger().Pending > 0 {
					t.Errorf("payloads of %d bytes: %v, %v", most, p.Ledger(), err)
				}
			}
		})
	}
}

// Half a pair would set the gauge to a wrong value.
func TestPairLargerThanADatagramIsDropped(t *testing.T) {
	k := &keeper{}
	p := reporters.NewPusher(NewCodec(Options{}), k, reporters.PusherOptions{MaxPayload: 60})
	b := &reporters.Batch{Points: []reporters.Point{
		{Key: key(strings.Repeat("x", 40)), Field: "a", Value: 1, Series: 1, ID: 1},
		{Key: key(strings.Repeat("x", 40)), Field: "b", Value: -1, Series: 1, ID: 2},
		{Key: key(strings.Repeat("x", 40)), Field: "c", Value: 1, Series: 1, ID: 3},
	}}
	if err := p.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(k.payloads, ""); strings.Contains(got, ".b:") || strings.Count(got, "\n") != 2 {
		t.Errorf("sent %q", got)
	}
	if l := p.Ledger(); l.Check() != nil || l.Dropped.String() != "oversize=1" {
		t.Errorf("the ledger is %v", l)
	}
}
