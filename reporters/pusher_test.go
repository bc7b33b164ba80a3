package reporters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
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

// recorder is a Sender that records payloads, or returns an error for all.
type recorder struct {
	payloads []string
	lines    int
	err      error
}

func (r *recorder) Send(_ context.Context, p []byte, lines int) error {
	if r.err != nil {
		return r.err
	}
	r.payloads = append(r.payloads, string(p))
	r.lines += lines
	return nil
}
func (r *recorder) Flush(context.Context) error { return nil }
func (r *recorder) Close(context.Context) error { return nil }

func (r *recorder) text() string { return strings.Join(r.payloads, "") }

func checkLedger(t *testing.T, p *Pusher, want ledger.Ledger) {
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

func received(format string, lines ...string) *Batch {
	b := &Batch{Format: format}
	for i, l := range lines {
		first := len(b.Points)
		b.Points = append(b.Points, Point{Key: monkit.NewSeriesKey("w"), Field: "f", Value: float64(i)})
		b.AddLine(b.CopyBytes([]byte(l)), first)
	}
	return b
}

func TestPusherCutsAtLines(t *testing.T) {
	k := &recorder{}
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
	checkLedger(t, p, ledger.Ledger{Accepted: 5, Delivered: 5})
}

func TestPusherDropsWhatIsNotFinite(t *testing.T) {
	k := &recorder{}
	nan := 0.0
	nan /= nan
	p := NewPusher(lineEncoder{}, k, PusherOptions{})
	p.Report(t.Context(), &Batch{Points: points(1, nan, 3)})
	checkLedger(t, p, ledger.Ledger{Accepted: 3, Delivered: 2, Dropped: ledger.Counts{ledger.NotFinite: 1}})
}

func TestPusherDropsOnlyTheLineThatIsTooLong(t *testing.T) {
	for _, long := range []int{41, 99, 100, 101, 250, 1000} {
		k := &recorder{}
		p := NewPusher(lineEncoder{}, k, PusherOptions{MaxPayload: 100, MaxLine: 40, Format: "x"})
		p.Report(t.Context(), received("x", "before", strings.Repeat("l", long), "after"))
		if k.text() != "before\nafter\n" {
			t.Errorf("%d: sent %q", long, k.text())
		}
		checkLedger(t, p, ledger.Ledger{Accepted: 3, Delivered: 2, Dropped: ledger.Counts{ledger.Oversize: 1}})
	}
}

func TestPusherPassesLinesOfItsOwnFormat(t *testing.T) {
	k := &recorder{}
	p := NewPusher(lineEncoder{}, k, PusherOptions{Format: "x"})
	p.Report(t.Context(), received("x", "as it came  1", "two"))
	p.Report(t.Context(), received("y", "anything"))
	if k.text() != "as it came  1\ntwo\nw f 0\n" {
		t.Errorf("sent %q", k.text())
	}
	checkLedger(t, p, ledger.Ledger{Accepted: 3, Delivered: 3})
}

func TestPusherDropsLinesThatTheSenderDoesNotTake(t *testing.T) {
	bad := errors.New("no such address")
	p := NewPusher(lineEncoder{}, Broken(bad), PusherOptions{MaxPayload: 12})
	if err := p.Report(t.Context(), &Batch{Points: points(1, 2)}); err != bad { // once, for two payloads
		t.Errorf("Report() = %v", err)
	}
	checkLedger(t, p, ledger.Ledger{Accepted: 2, Dropped: ledger.Counts{ledger.SendFailed: 2}})
}

// A run that is larger than a payload is sent in several, each with its share
// of the lines.
func TestPusherSplitsALongRun(t *testing.T) {
	k := &recorder{}
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
	checkLedger(t, p, ledger.Ledger{Accepted: 50, Delivered: 50})
}

// Whatever is reported: no line is cut or lost, no payload is too large, and
// the ledger balances.
func TestPusherLedgerBalancesForAnyInput(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		k := &recorder{}
		o := PusherOptions{MaxPayload: 20 + rnd.IntN(200), MaxLine: 20 + rnd.IntN(60), Format: "x"}
		p := NewPusher(lineEncoder{}, k, o)
		var want []string
		for range rnd.IntN(40) {
			b := received("x")
			for range rnd.IntN(10) {
				line := strings.Repeat("a", 1+rnd.IntN(80))
				b.Points = append(b.Points, Point{})
				b.AddLine([]byte(line), len(b.Points)-1)
				if len(line)+1 <= o.MaxLine {
					want = append(want, line+"\n")
				}
			}
			p.Report(t.Context(), b)
		}
		if k.text() != strings.Join(want, "") {
			t.Fatalf("%+v: sent %d bytes, want %d", o, len(k.text()), len(strings.Join(want, "")))
		}
		for _, pl := range k.payloads {
			if len(pl) > o.MaxPayload && (len(pl) > o.MaxLine || strings.Count(pl, "\n") > 1) {
				t.Fatalf("%+v: a payload of %d bytes", o, len(pl))
			}
		}
		if err := p.Ledger().Check(); err != nil {
			t.Fatal(err)
		}
	}
}

// picky is an encoder that has no word for samples.
type picky struct{ lineEncoder }

func (e picky) AppendRun(dst []byte, run []Point) ([]byte, int) {
	skipped := 0
	for i := range run {
		if run[i].Kind == Sample {
			skipped++
			continue
		}
		more := 0
		dst, more = e.lineEncoder.AppendRun(dst, run[i:i+1])
		skipped += more
	}
	return dst, skipped
}

func TestPusherNamesWhyPointsAreSkipped(t *testing.T) {
	key := monkit.NewSeriesKey("m")
	run := []Point{{Key: key, Value: 1}, {Key: key, Value: math.NaN()}, {Key: key, Kind: Sample}, {Key: key, Kind: Sample}}
	p := NewPusher(picky{}, &recorder{}, PusherOptions{})
	p.Report(t.Context(), &Batch{Points: run})
	checkLedger(t, p, ledger.Ledger{Accepted: 4, Delivered: 1, Dropped: ledger.Counts{ledger.NotFinite: 1, ledger.Unsupported: 2}})

	b := received("other", "a NaN", "a sample")
	b.Points[0].Value, b.Points[1].Kind = math.NaN(), Sample
	p = NewPusher(picky{}, &recorder{}, PusherOptions{Format: "x"})
	p.Report(t.Context(), b)
	checkLedger(t, p, ledger.Ledger{Accepted: 2, Dropped: ledger.Counts{ledger.NotFinite: 1, ledger.Unsupported: 1}})
}

func TestPusherDropsByTheReasonOfTheSendersError(t *testing.T) {
	err := fmt.Errorf("send: %w", &ledger.Error{Reason: ledger.Closed, Err: errors.New("closed")})
	p := NewPusher(lineEncoder{}, &recorder{err: err}, PusherOptions{})
	if got := p.Report(t.Context(), &Batch{Points: points(1, 2)}); got != err {
		t.Errorf("Report() = %v", got)
	}
	checkLedger(t, p, ledger.Ledger{Accepted: 2, Dropped: ledger.Counts{ledger.Closed: 2}})
}

// accountant is a Sender that keeps its own ledger, as one with a queue does.
type accountant struct {
	recorder
	counts ledger.Ledger
}

func (a *accountant) Send(ctx context.Context, p []byte, lines int) error {
	a.counts.Accepted += int64(lines)
	a.counts.Pending += int64(lines)
	return a.recorder.Send(ctx, p, lines)
}

func (a *accountant) Ledger() ledger.Ledger { return a.counts.Clone() }

func (a *accountant) Unavailable() error { return errors.New("away") }

// setter is a Sender that remembers what was set.
type setter struct {
	recorder
	logger    *slog.Logger
	intervals []time.Duration
}

func (s *setter) SetLogger(l *slog.Logger) bool { s.logger = l; return true }

func (s *setter) SetInterval(d time.Duration) { s.intervals = append(s.intervals, d) }

func TestPusherSetsTheSendersLoggerAndInterval(t *testing.T) {
	s := &setter{}
	p := NewPusher(lineEncoder{}, s, PusherOptions{})
	l := slog.New(slog.DiscardHandler)
	if !p.SetLogger(l) || s.logger != l {
		t.Error("the sender does not have the logger")
	}
	if NewPusher(lineEncoder{}, &recorder{}, PusherOptions{}).SetLogger(l) {
		t.Error("a sender without a logger is said to log")
	}
	for _, d := range []time.Duration{0, time.Second, time.Second, 2 * time.Second, 0} {
		p.Report(t.Context(), &Batch{Interval: d, Points: points(1)})
	}
	if want := []time.Duration{time.Second, 2 * time.Second}; !slices.Equal(s.intervals, want) {
		t.Errorf("the intervals are %v, want %v", s.intervals, want)
	}
	checkLedger(t, p, ledger.Ledger{Accepted: 5, Delivered: 5})
}

func TestPusherAddsTheSendersLedger(t *testing.T) {
	a := &accountant{}
	p := NewPusher(lineEncoder{}, a, PusherOptions{})
	p.Report(t.Context(), &Batch{Points: points(1, math.Inf(1), 3)})
	checkLedger(t, p, ledger.Ledger{Accepted: 3, Pending: 2, Dropped: ledger.Counts{ledger.NotFinite: 1}})
	a.counts.Pending--
	a.counts.Drop(ledger.Expired, 1)
	checkLedger(t, p, ledger.Ledger{Accepted: 3, Pending: 1, Dropped: ledger.Counts{ledger.NotFinite: 1, ledger.Expired: 1}})
	if err := p.Unavailable(); err == nil || err.Error() != "away" {
		t.Errorf("Unavailable() = %v, want the sender's", err)
	}
}
