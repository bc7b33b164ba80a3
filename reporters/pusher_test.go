package reporters

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"monkit.example/internal/ledger"
	"monkit.example/monkit"
)

// lineEncoder writes "measurement field value" and skips what is not finite.
type lineEncoder struct{}

func (lineEncoder) AppendRun(dst []byte, run []Point) ([]byte, int) {
	skipped := 0
	for i := range run {
		p := &run[i]
		if !Finite(p.Value) {
			skipped++
			continue
		}
		dst = fmt.Appendf(dst, "%s %s %v\n", p.Key.Measurement, p.Field, p.Value)
	}
	return dst, skipped
}

// keeper is a Sender that keeps copies, or refuses all.
type keeper struct {
	payloads []string
	lines    int
	refuse   error
}

func (k *keeper) Send(_ context.Context, p []byte, lines int) error {
	if k.refuse != nil {
		return k.refuse
	}
	k.payloads = append(k.payloads, string(p))
	k.lines += lines
	return nil
}
func (k *keeper) Flush(context.Context) error { return nil }
func (k *keeper) Close(context.Context) error { return nil }

func (k *keeper) text() string { return strings.Join(k.payloads, "") }

func checkLaw(t *testing.T, p *Pusher, want ledger.Ledger) {
	t.Helper()
	got := p.Ledger()
	if err := got.Check(); err != nil {
		t.Error(err)
	}
	if got.String() != want.String() {
		t.Errorf("ledger is %v, want %v", got, want)
	}
}

func points(values ...float64) []Point {
	var ps []Point
	for i, v := range values {
		ps = append(ps, Point{Key: monkit.NewSeriesKey(fmt.Sprintf("m%d", i)), Field: "value", Value: v})
	}
	return ps
}

func wire(format string, lines ...string) *Batch {
	b := &Batch{Format: format}
	for i, l := range lines {
		first := len(b.Points)
		b.Points = append(b.Points, Point{Key: monkit.NewSeriesKey("w"), Field: "f", Value: float64(i)})
		b.AddLine(b.CopyBytes([]byte(l)), first)
	}
	return b
}

func TestPusherCutsAtLines(t *testing.T) {
	k := &keeper{}
	p := NewPusher(lineEncoder{}, k, PusherOptions{MaxPayload: 30})
	if err := p.Report(t.Context(), &Batch{Points: points(1, 2, 3, 4, 5)}); err != nil {
		t.Fatal(err)
	}
	for _, pl := range k.payloads {
		if len(pl) > 30 || !strings.HasSuffix(pl, "\n") {
			t.Errorf("payload %q of %d bytes", pl, len(pl))
		}
	}
	if want := "m0 value 1\nm1 value 2\nm2 value 3\nm3 value 4\nm4 value 5\n"; k.text() != want {
		t.Errorf("sent %q", k.text())
	}
	checkLaw(t, p, ledger.Ledger{Accepted: 5, Delivered: 5})
}

func TestPusherCountsWhatCannotBeEncoded(t *testing.T) {
	k := &keeper{}
	nan := 0.0
	nan /= nan
	p := NewPusher(lineEncoder{}, k, PusherOptions{})
	p.Report(t.Context(), &Batch{Points: points(1, nan, 3)})
	checkLaw(t, p, ledger.Ledger{Accepted: 3, Delivered: 2, Dropped: map[string]int64{"unencodable": 1}})
}

func TestPusherDropsOnlyTheLineThatIsTooLong(t *testing.T) {
	for _, long := range []int{41, 99, 100, 101, 250, 1000} {
		k := &keeper{}
		p := NewPusher(lineEncoder{}, k, PusherOptions{MaxPayload: 100, MaxLine: 40, Format: "x"})
		p.Report(t.Context(), wire("x", "before", strings.Repeat("l", long), "after"))
		if k.text() != "before\nafter\n" {
			t.Errorf("%d: sent %q", long, k.text())
		}
		checkLaw(t, p, ledger.Ledger{Accepted: 3, Delivered: 2, Dropped: map[string]int64{"oversize": 1}})
	}
}

func TestPusherPassesLinesOfItsOwnFormat(t *testing.T) {
	k := &keeper{}
	p := NewPusher(lineEncoder{}, k, PusherOptions{Format: "x"})
	p.Report(t.Context(), wire("x", "as it came  1", "two"))
	p.Report(t.Context(), wire("y", "anything"))
	if k.text() != "as it came  1\ntwo\nw f 0\n" {
		t.Errorf("sent %q", k.text())
	}
	checkLaw(t, p, ledger.Ledger{Accepted: 3, Delivered: 3})
}

func TestPusherCountsARefusedPayload(t *testing.T) {
	bad := errors.New("no such address")
	p := NewPusher(lineEncoder{}, Broken(bad), PusherOptions{MaxPayload: 12})
	if err := p.Report(t.Context(), &Batch{Points: points(1, 2)}); err != bad { // once, for two payloads
		t.Errorf("Report() = %v", err)
	}
	checkLaw(t, p, ledger.Ledger{Accepted: 2, Dropped: map[string]int64{"refused": 2}})
}

// One run that is more than a payload is shared out, and so is its count.
func TestPusherSplitsALongRun(t *testing.T) {
	k := &keeper{}
	p := NewPusher(lineEncoder{}, k, PusherOptions{MaxPayload: 64})
	key := monkit.NewSeriesKey("m")
	var run []Point
	for i := range 50 {
		run = append(run, Point{Key: key, Field: fmt.Sprintf("f%02d", i), Value: 1})
	}
	p.Report(t.Context(), &Batch{Points: run})
	if n := strings.Count(k.text(), "\n"); n != 50 || k.lines != 50 {
		t.Errorf("%d lines sent, %d counted", n, k.lines)
	}
	checkLaw(t, p, ledger.Ledger{Accepted: 50, Delivered: 50})
}

// Whatever is reported: no line is cut or lost, no payload is too large, the law holds.
func TestPusherKeepsTheLawForAnyInput(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		k := &keeper{}
		o := PusherOptions{MaxPayload: 20 + r.IntN(200), MaxLine: 20 + r.IntN(60), Format: "x"}
		p := NewPusher(lineEncoder{}, k, o)
		var want []string
		for range r.IntN(40) {
			b := wire("x")
			for range r.IntN(10) {
				line := strings.Repeat("a", 1+r.IntN(80))
				b.Points = append(b.Points, Point{})
				b.AddLine([]byte(line), len(b.Points)-1)
				if len(line)+1 <= o.MaxLine && len(line)+1 <= o.MaxPayload {
					want = append(want, line+"\n")
				}
			}
			p.Report(t.Context(), b)
		}
		if k.text() != strings.Join(want, "") {
			t.Fatalf("%+v: sent %d bytes, want %d", o, len(k.text()), len(strings.Join(want, "")))
		}
		for _, pl := range k.payloads {
			if len(pl) > o.MaxPayload {
				t.Fatalf("%+v: a payload of %d bytes", o, len(pl))
			}
		}
		if err := p.Ledger().Check(); err != nil {
			t.Fatal(err)
		}
	}
}
