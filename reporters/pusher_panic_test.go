package reporters

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// fragile is an encoder and a sender. Its n-th run, or payload, panics.
type fragile struct {
	run, payload   int // that panics, from 1; 0 is none
	runs, payloads int
	sent           int // lines
	sentText       int // bytes
}

func (f *fragile) AppendRun(dst []byte, run []Point) ([]byte, int) {
	if f.runs++; f.runs == f.run {
		panic("encoder")
	}
	for i := range run {
		dst = fmt.Appendf(dst, "%-99s\n", run[i].Field)
	}
	return dst, 0
}

func (f *fragile) Send(_ context.Context, text []byte, lines int) error {
	if f.payloads++; f.payloads == f.payload {
		panic("sender")
	}
	f.sent += lines
	f.sentText += len(text)
	return nil
}

func (f *fragile) Flush(context.Context) error { return nil }
func (f *fragile) Close(context.Context) error { return nil }

// courier#1193: what panics must not make lines vanish either.
func TestLinesOfAPanicAreDropped(t *testing.T) {
	for _, tt := range []struct {
		name          string
		f             fragile
		points        int // of a run; a line has 100 bytes, a payload 1000
		want, dropped int
	}{
		{"nothing", fragile{}, 1, 30, 0},
		{"the first run", fragile{run: 1}, 1, 0, 30},
		{"a run", fragile{run: 8}, 1, 7, 23},
		{"the first payload", fragile{payload: 1}, 1, 0, 30},
		{"a payload", fragile{payload: 2}, 1, 10, 20},
		{"the last payload", fragile{payload: 3}, 1, 20, 10},
		{"a payload of a run that is cut", fragile{payload: 2}, 15, 10, 20},
	} {
		for name, reportPanics := range map[string]func(*testing.T, *Pusher, *Batch) bool{"batch": reportPanics, "part": partPanics} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				f := tt.f
				p := NewPusher(&f, &f, PusherOptions{MaxPayload: 1000})
				var b Batch
				for i := range 30 {
					b.Points = append(b.Points, Point{Key: monkit.NewSeriesKey(fmt.Sprint(i / tt.points)), Field: fmt.Sprint(i), Value: 1})
				}
				panicked := reportPanics(t, p, &b)
				if want := f.run+f.payload > 0; panicked != want {
					t.Errorf("panicked: %v, want %v", panicked, want)
				}
				p.Flush(t.Context()) // never fails
				if l := p.Ledger(); l.Check() != nil || l.Delivered != int64(tt.want) || l.Dropped[ledger.SendFailed] != int64(tt.dropped) {
					t.Errorf("ledger %v, want %d delivered and %d dropped", l, tt.want, tt.dropped)
				}
				if f.sent != tt.want {
					t.Errorf("%d lines were sent, want %d", f.sent, tt.want)
				}
				f.runs, f.payloads = 1000, 1000
				if reportPanics(t, p, &b); p.Flush(t.Context()) != nil || f.sent != tt.want+30 {
					t.Errorf("%d lines were sent after another batch, want %d", f.sent, tt.want+30)
				}
				if err := p.Ledger().Check(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func reportPanics(t *testing.T, p *Pusher, b *Batch) (panicked bool) {
	t.Helper()
	defer func() { panicked = recover() != nil }()
	if err := p.Report(t.Context(), b); err != nil {
		t.Error(err)
	}
	return false
}

func partPanics(t *testing.T, p *Pusher, b *Batch) (panicked bool) {
	t.Helper()
	defer func() { panicked = recover() != nil }()
	if err := p.ReportParts(t.Context(), &Batch{At: b.At}, slices.Values([][]Point{b.Points})); err != nil {
		t.Error(err)
	}
	return false
}

func TestPayloadOfAPanicIsDropped(t *testing.T) {
	f := fragile{payload: 1}
	p := NewPusher(&f, &f, PusherOptions{})
	func() {
		defer func() { recover() }()
		p.Send(t.Context(), []byte("a 1\n"), 1)
	}()
	if l := p.Ledger(); l.Check() != nil || l.Dropped[ledger.SendFailed] != 1 {
		t.Errorf("ledger %v, want a dropped line", l)
	}
}

// fragilePairs is a fragile encoder with all optional interfaces. One of them panics
// the n-th time, or none if that is 0.
type fragilePairs struct {
	fragile
	in    string
	n     int
	calls int
}

func (f *fragilePairs) panicIn(method string) {
	if method != f.in {
		return
	}
	if f.calls++; f.calls == f.n {
		panic("encoder")
	}
}

func (f *fragilePairs) Pairs(first, second []byte) bool {
	f.panicIn("Pairs")
	return false
}

func (f *fragilePairs) SkipReasons() ledger.Counts {
	f.panicIn("SkipReasons")
	return nil
}

func (f *fragilePairs) AppendRun(dst []byte, run []Point) ([]byte, int) {
	f.panicIn("AppendRun")
	dst, _ = f.fragile.AppendRun(dst, run[:1])
	return dst, len(run) - 1
}

// Text of lines that a panic has dropped must not be sent with those that wait.
func TestTextOfAPanicIsNotSent(t *testing.T) {
	for _, tt := range []struct {
		in            string
		n             int
		want, dropped int // lines of 12, of two runs each of which the second point is skipped
	}{
		{"", 0, 12, 0},
		{"AppendRun", 2, 0, 12},
		{"AppendRun", 8, 3, 9},
		{"SkipReasons", 8, 3, 9},
		{"Pairs", 1, 4, 8},
	} {
		t.Run(fmt.Sprint(tt.in, " ", tt.n), func(t *testing.T) {
			f := &fragilePairs{in: tt.in, n: tt.n}
			p := NewPusher(f, f, PusherOptions{MaxPayload: 900})
			b := &Batch{Format: "received"}
			for i := range 12 {
				first := len(b.Points)
				for j := range 4 {
					b.Points = append(b.Points, Point{Key: monkit.NewSeriesKey(fmt.Sprint(i, j/2)), Field: fmt.Sprint(i), Value: 1})
				}
				b.AddLine(nil, first)
			}
			if panicked := reportPanics(t, p, b); panicked != (tt.n > 0) {
				t.Errorf("panicked: %v", panicked)
			}
			p.Flush(t.Context()) // never fails
			checkLedger(t, p, ledger.Ledger{Accepted: 12, Delivered: int64(tt.want), Dropped: dropped(tt.dropped)})
			if f.sent != tt.want || f.sentText != tt.want*200 {
				t.Errorf("%d lines with %d bytes were sent, want %d with %d", f.sent, f.sentText, tt.want, tt.want*200)
			}
		})
	}
}

func dropped(lines int) ledger.Counts {
	if lines == 0 {
		return nil
	}
	return ledger.Counts{ledger.SendFailed: int64(lines)}
}
