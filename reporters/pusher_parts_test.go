package reporters

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
)

// plain writes points as lines "measurement.field value".
type plain struct{}

func (plain) AppendRun(dst []byte, run []Point) (out []byte, skipped int) {
	for i := range run {
		if !Finite(run[i].Value) {
			skipped++
			continue
		}
		dst = fmt.Appendf(dst, "%s.%s %v\n", run[i].Key.Measurement, run[i].Field, run[i].Value)
	}
	return dst, skipped
}

// texts is a Sender that keeps payloads.
type texts struct{ payloads []string }

func (s *texts) Send(_ context.Context, payload []byte, _ int) error {
	s.payloads = append(s.payloads, string(payload))
	return nil
}
func (*texts) Flush(context.Context) error { return nil }
func (*texts) Close(context.Context) error { return nil }

// A batch in parts makes the same payloads as in one piece, wherever it is cut.
func TestPartsMakeThePayloadsOfTheBatch(t *testing.T) {
	b := &Batch{At: time.Unix(5, 0), Interval: time.Second}
	for i := range 300 {
		b.Points = append(b.Points, Point{Key: monkit.NewSeriesKey(fmt.Sprint("m", i)), Field: "f", Value: float64(i), Time: 5e9})
	}
	report := func(f func(p *Pusher) error) []string {
		var out texts
		p := NewPusher(plain{}, &out, PusherOptions{MaxPayload: 100})
		if err := f(p); err != nil {
			t.Fatal(err)
		}
		if l := p.Ledger(); l.Check() != nil || l.Accepted != 300 || l.Delivered != 300 {
			t.Errorf("the ledger is %v", l)
		}
		return out.payloads
	}
	want := report(func(p *Pusher) error { return p.Report(t.Context(), b) })
	if len(want) < 10 || strings.Count(strings.Join(want, ""), "\n") != 300 {
		t.Fatalf("payloads are %q", want)
	}
	for _, size := range []int{1, 7, 300, 1000} {
		got := report(func(p *Pusher) error {
			return p.ReportParts(t.Context(), &Batch{At: b.At, Interval: b.Interval}, slices.Chunk(b.Points, size))
		})
		if !slices.Equal(got, want) {
			t.Errorf("parts of %d points make other payloads: %q", size, got)
		}
	}
}
