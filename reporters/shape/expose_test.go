package shape

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/recent"
)

// These have one optional interface each.
type (
	withName         struct{ discard }
	withAvailability struct{ discard }
	withLedger       struct{ discard }
	withStats        struct{ discard }
	withTotals       struct{ withStats }
)

var errAway = errors.New("away")

func (withName) Name() string               { return "inner" }
func (withAvailability) Unavailable() error { return errAway }
func (withLedger) Ledger() ledger.Ledger    { return ledger.Ledger{Accepted: 3, Delivered: 3} }
func (withStats) Stats(cb func(monkit.SeriesKey, string, float64)) {
	cb(monkit.NewSeriesKey("inner"), "sent", 5)
}
func (withTotals) IsTotal(key monkit.SeriesKey, _ string) (total, known bool) {
	return true, key.Measurement == "inner"
}

func TestOptionalInterfacesOfTheReporterArePassedThrough(t *testing.T) {
	pusher := graphite.New("127.0.0.1:1")
	defer pusher.Close(t.Context())
	for _, tt := range []struct {
		rep       reporters.Reporter
		name      string
		available bool
		ledger    bool
		stats     bool
		totals    bool
	}{
		{rep: discard{}, name: "shape.discard"},
		{rep: withName{}, name: "inner"},
		{rep: withAvailability{}, name: "shape.withAvailability", available: true},
		{rep: withLedger{}, name: "shape.withLedger", ledger: true},
		{rep: withStats{}, name: "shape.withStats", stats: true},
		{rep: withTotals{}, name: "shape.withTotals", stats: true, totals: true},
		{rep: struct {
			withLedger
			reporters.Availability
		}{withLedger{}, withAvailability{}}, name: "struct { shape.withLedger; reporters.Availability }", available: true, ledger: true},
		{rep: recent.New(), name: "*recent.Store", ledger: true},
		{rep: pusher, name: "graphite+tcp://127.0.0.1:1", available: true, ledger: true},
	} {
		for _, rep := range []reporters.Reporter{New(tt.rep), New(tt.rep, Step{}), New(New(tt.rep, Prefix("a")), Prefix("b"))} {
			if got := rep.(reporters.Named).Name(); got != tt.name {
				t.Errorf("the name is %q, want %q", got, tt.name)
			}
			a, ok := rep.(reporters.Availability)
			if ok != tt.available {
				t.Errorf("%s: Availability is %v", tt.name, ok)
			} else if ok && a.Unavailable() != tt.rep.(reporters.Availability).Unavailable() {
				t.Errorf("%s: Unavailable returns %v", tt.name, a.Unavailable())
			}
			k, ok := rep.(ledger.Keeper)
			if ok != tt.ledger {
				t.Errorf("%s: Keeper is %v", tt.name, ok)
			} else if ok && k.Ledger().String() != tt.rep.(ledger.Keeper).Ledger().String() {
				t.Errorf("%s: the ledger is %v", tt.name, k.Ledger())
			}
			stats := monkit.Collect(rep.(monkit.StatSource))
			if _, ok := stats["inner sent"]; ok != tt.stats {
				t.Errorf("%s: its series are passed through: %v", tt.name, ok)
			}
			total, known := rep.(monkit.TotalSource).IsTotal(monkit.NewSeriesKey("inner"), "sent")
			inner, ok := tt.rep.(reporters.Logging)
			if logs := rep.(reporters.Logging).SetLogger(slog.Default()); logs != (ok && inner.SetLogger(slog.Default())) {
				t.Errorf("%s: SetLogger returns %v", tt.name, logs)
			}
			if total != tt.totals || known != tt.totals {
				t.Errorf("%s: IsTotal returns %v, %v", tt.name, total, known)
			}
		}
	}
}

// informed knows how its destination is, and keeps rejected lines.
type informed struct{ withLedger }

func (i informed) SenderStats() (ledger.SenderStats, bool) {
	return ledger.SenderStats{Destination: "inner", Ledger: i.Ledger()}, true
}

func (informed) RejectedLines() []ledger.RejectedLine {
	return []ledger.RejectedLine{{Destination: "inner", Text: "x"}}
}

func TestWhatIsKnownOfTheDestinationIsPassedThrough(t *testing.T) {
	for _, tt := range []struct {
		rep  reporters.Reporter
		want bool
	}{{informed{}, true}, {discard{}, false}, {recent.New(), false}} {
		for _, rep := range []reporters.Reporter{New(tt.rep), New(New(tt.rep, Prefix("a")), Prefix("b"))} {
			st, ok := rep.(reporters.Monitored).SenderStats()
			if ok != tt.want || ok && (st.Destination != "inner" || st.Ledger.Delivered != 3) {
				t.Errorf("%T: %+v, %v", tt.rep, st, ok)
			}
			if lines := rep.(reporters.Quarantine).RejectedLines(); len(lines) > 0 != tt.want {
				t.Errorf("%T: rejected lines %v", tt.rep, lines)
			}
		}
	}
}

func TestOwnSeriesAreTotalsAndOfOneReporter(t *testing.T) {
	rep := New(New(withTotals{}, Prefix("a")), Prefix("b"))
	seen := map[string]bool{}
	rep.(monkit.StatSource).Stats(func(key monkit.SeriesKey, field string, _ float64) {
		name := key.WithField(field)
		if seen[name] {
			t.Errorf("%s is emitted twice", name)
		}
		seen[name] = true
		if total, known := rep.(monkit.TotalSource).IsTotal(key.WithTag("scope", "x"), field); !total || !known {
			t.Errorf("%s: IsTotal returns %v, %v", name, total, known)
		}
	})
	for _, want := range []string{"shape,reporter=shape.withTotals points", "shape,reporter=shape.withTotals#2 points", "inner sent"} {
		if !seen[want] {
			t.Errorf("no series %q among %q", want, slices.Sorted(maps.Keys(seen)))
		}
	}
}

func TestShapesCompose(t *testing.T) {
	var s sink
	rep := New(New(&s, Rename("b", "c"), Allow("c")), Rename("a", "b"))
	report(t, rep, newNumbered().batch(1, "a x:1", "z x:1"))
	s.check(t, "outer steps first", "c x 1")
	if l := rep.(ledger.Keeper).Ledger(); l.Check() != nil || l.Delivered != 1 {
		t.Errorf("the ledger is %v", l)
	}
}

func TestDeltasOfDeltasAreTheSame(t *testing.T) {
	var s sink
	rep := New(New(&s, Delta()), Delta())
	n := newNumbered()
	report(t, rep, n.batch(1, "a total:5"))
	report(t, rep, n.batch(2, "a total:8"))
	s.check(t, "twice", "a total 3 d")
}

// The counts of a shape are part of the next walk, as totals.
func TestOwnSeriesAreInTheRegistry(t *testing.T) {
	var s sink
	c := collect.New(monkit.NewRegistry(), collect.Options{Interval: time.Hour, Spread: -1}, New(&s, Deny("collect"), Allow("shape")))
	for range 2 {
		if err := c.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	text := strings.Join(s.texts, "\n")
	if want := "shape,reporter=*shape.sink,scope=monkit.example/collect passed_points 9 c"; !strings.Contains(text, want) {
		t.Errorf("reported\n%s\nwithout %s", text, want)
	}
	if err := c.Close(t.Context()); err != nil || s.counts.Check() != nil {
		t.Error(err, s.counts.Check())
	}
}

func TestFlushAndCloseReachTheReporter(t *testing.T) {
	rep := New(&sink{err: errAway})
	if err := rep.Flush(t.Context()); err != errAway {
		t.Errorf("Flush returns %v", err)
	}
	var closed closer
	if err := New(&closed).Close(t.Context()); err != errAway || closed != 1 {
		t.Errorf("Close returns %v, was called %d times", err, closed)
	}
}

type closer int

func (*closer) Report(context.Context, *reporters.Batch) error { return nil }
func (*closer) Flush(context.Context) error                    { return nil }
func (c *closer) Close(context.Context) error                  { *c++; return errAway }
