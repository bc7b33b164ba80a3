package reporters

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"monkit.example/monkit"
)

// sharing is an encoder that remembers points by listener.
type sharing struct {
	plain
	listener string
	of       map[string]string // listeners by the name of the point
}

func (e *sharing) BeginListener(name string) { e.listener = name }

func (e *sharing) AppendRun(dst []byte, run []Point) (out []byte, skipped int) {
	for i := range run {
		e.of[run[i].Key.Measurement] = e.listener
	}
	return e.plain.AppendRun(dst, run)
}

// Points that an aggregate passes on have a listener and no lines. They must not use
// the share of the listener whose lines came before.
func TestEachBatchUsesTheShareOfItsListener(t *testing.T) {
	batch := func(name, format, listener string) *Batch {
		b := &Batch{Format: format, Listener: listener}
		b.Points = append(b.Points, Point{Key: monkit.NewSeriesKey(name)})
		if format != "" {
			b.AddLine(nil, 0)
		}
		return b
	}
	e := &sharing{of: map[string]string{}}
	p := NewPusher(e, new(texts), PusherOptions{MaxPayload: 100})
	for _, b := range []*Batch{
		batch("lines", "other", "udp"), batch("points", "", "tcp"), batch("more lines", "other", "udp"), batch("walk", "", ""),
	} {
		if err := p.Report(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []*Batch{batch("part", "", "tcp"), batch("part of a walk", "", "")} {
		var parts iter.Seq[[]Point] = slices.Values([][]Point{b.Points})
		if err := p.ReportParts(t.Context(), &Batch{Listener: b.Listener}, parts); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{"lines": "udp", "points": "tcp", "more lines": "udp", "walk": "", "part": "tcp", "part of a walk": ""}
	if fmt.Sprint(e.of) != fmt.Sprint(want) {
		t.Errorf("the points are of %v, want %v", e.of, want)
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 6 {
		t.Errorf("ledger %v", l)
	}
}
