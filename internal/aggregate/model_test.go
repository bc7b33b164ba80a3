package aggregate

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// model is an Aggregate without bounds: maps of what a person would add up.
type model struct {
	totals, values         map[string]float64
	counts, sums, min, max map[string]float64
	members                map[string]map[string]bool
	last                   map[string]time.Time // by role and name
	passedOn               int
}

func newModel() *model {
	return &model{
		totals: map[string]float64{}, values: map[string]float64{}, counts: map[string]float64{}, sums: map[string]float64{},
		min: map[string]float64{}, max: map[string]float64{}, members: map[string]map[string]bool{}, last: map[string]time.Time{},
	}
}

// add adds o, which an Aggregate takes.
func (m *model) add(o observed) {
	if o.stamp != 0 {
		m.passedOn++
		return
	}
	m.last[string(roleOf(o.kind))+o.name] = time.Now()
	switch o.kind {
	case reporters.CounterDelta:
		m.totals[o.name] += o.value
	case reporters.Gauge:
		m.values[o.name] = o.value
	case reporters.GaugeDelta:
		m.values[o.name] += o.value
	case reporters.Sample:
		if m.counts[o.name] == 0 {
			m.min[o.name], m.max[o.name] = o.value, o.value
		}
		w := max(o.weight, 1)
		m.counts[o.name] += w
		m.sums[o.name] += o.value * w
		m.min[o.name], m.max[o.name] = min(m.min[o.name], o.value), max(m.max[o.name], o.value)
	case reporters.SetMember:
		if m.members[o.name] == nil {
			m.members[o.name] = map[string]bool{}
		}
		m.members[o.name][o.member] = true
	}
}

// walk returns what a walk emits, without what is of recent values.
func (m *model) walk() map[string]float64 {
	for id, at := range m.last {
		if name := id[1:]; time.Since(at) > time.Hour {
			switch role(id[0]) {
			case counterRole:
				delete(m.totals, name)
			case gaugeRole:
				delete(m.values, name)
			case distRole:
				delete(m.counts, name)
				delete(m.sums, name)
			}
			if role(id[0]) != setRole {
				delete(m.last, id)
			}
		}
	}
	all := map[string]float64{}
	for name, v := range m.totals {
		all[name+" total"] = v
	}
	for name, v := range m.values {
		all[name+" value"] = v
	}
	for name, v := range m.counts {
		all[name+" count"], all[name+" sum"], all[name+" min"], all[name+" max"] = v, m.sums[name], m.min[name], m.max[name]
	}
	for name, members := range m.members {
		all[name+" count"] = float64(len(members))
		if len(members) == 0 {
			delete(m.members, name)
		} else {
			m.members[name] = map[string]bool{}
		}
	}
	return all
}

// randomLine returns an observation that an Aggregate takes. Timers and sets have
// names of their own.
func randomLine(r *rand.Rand) observed {
	o := observed{name: fmt.Sprint("m", r.IntN(30)), value: float64(r.IntN(2000) - 1000)}
	switch o.kind = reporters.Kind(r.IntN(6)); o.kind {
	case reporters.Counter:
		o.kind = reporters.CounterDelta
	case reporters.Sample:
		if r.IntN(2) == 0 {
			o.weight = float64(1 + r.IntN(10))
		}
		o.name = "t" + o.name
	case reporters.SetMember:
		o.name, o.value, o.member = "s"+o.name, 0, fmt.Sprint(r.IntN(100))
	}
	if o.kind != reporters.GaugeDelta && o.kind != reporters.SetMember && r.IntN(20) == 0 {
		o.stamp = int64(1 + r.IntN(1000))
	}
	return o
}

func TestAggregateIsLikeItsModel(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			r, m, passedOn := rand.New(rand.NewPCG(seed, 1)), newModel(), 0
			a := New(Options{Listeners: 2, Stamped: func(_ context.Context, b *reporters.Batch) error {
				passedOn += len(b.Points)
				return nil
			}})
			for range 100 {
				for range r.IntN(50) {
					o := randomLine(r)
					m.add(o)
					report(t, a, fmt.Sprint(r.IntN(2)), o)
				}
				want := m.walk()
				got := monkit.Collect(a)
				maps.DeleteFunc(got, func(series string, _ float64) bool { return !isOfAllTime(series) })
				if !maps.EqualFunc(got, want, func(x, y float64) bool { return math.Abs(x-y) < 1e-9*(1+math.Abs(y)) }) {
					t.Fatalf("seed %d: the walk emits\n%v, want\n%v", seed, got, want)
				}
				checkBalance(t, a)
				time.Sleep(time.Duration(r.IntN(20)) * time.Minute)
			}
			if l := a.Ledger(); passedOn != m.passedOn || l.Dropped.Sum() != 0 || l.Delivered != l.Accepted {
				t.Errorf("seed %d: %d points are passed on, want %d, ledger %v", seed, passedOn, m.passedOn, l)
			}
		})
	}
}

func isOfAllTime(series string) bool {
	var name, field string
	fmt.Sscan(series, &name, &field)
	switch field {
	case "total", "value", "count", "sum", "min", "max":
		return true
	}
	return false
}

// FuzzReport reports any lines, with little memory, while time passes.
func FuzzReport(f *testing.F) {
	f.Add("name", "member", 1e300, 1e-300, 10.0, uint64(1))
	f.Add("", "", math.Inf(1), math.NaN(), -1.0, uint64(2))
	f.Add("a\x00b", "x", 0.0, 5e-324, math.MaxFloat64, uint64(3))
	f.Fuzz(func(t *testing.T, name, text string, v, w, weight float64, seed uint64) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			a := New(Options{Bytes: int64(1 + r.IntN(20_000)), Listeners: 2, Stamped: func(context.Context, *reporters.Batch) error { return nil }})
			for range 100 {
				o := randomLine(r)
				o.name += name[:r.IntN(len(name)+1)]
				o.value, o.member = []float64{v, w, o.value}[r.IntN(3)], o.member+text[:r.IntN(len(text)+1)]
				if r.IntN(3) == 0 {
					o.weight = weight
				}
				report(t, a, fmt.Sprint(r.IntN(2)), o)
				if r.IntN(10) == 0 {
					a.Stats(func(key monkit.SeriesKey, field string, val float64) {
						if !finite(val) {
							t.Errorf("%v %s is %v", key, field, val)
						}
					})
					time.Sleep(time.Duration(r.IntN(120)) * time.Second)
				}
				if u := a.Usage(); u.Bytes > u.MaxBytes {
					t.Errorf("usage %+v", u)
				}
			}
			a.Close(t.Context()) // never fails
			checkBalance(t, a)
			if l := a.Ledger(); l.Pending != 0 {
				t.Errorf("ledger %v", l)
			}
		})
	})
}
