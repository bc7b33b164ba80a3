package walk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	v3 "github.com/spacemonkeygo/monkit/v3"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/prometheus"
)

// A service of 60 packages like these has about 35 000 samples.
const (
	packages = 60

	funcs    = 20 // per package: two distributions and a few counters each
	counters = 20 // per package
	values   = 10 // per package
)

// callsPerFunc is the number of runs of each function before the first walk.
const callsPerFunc = 20

// A library is a library with a filled registry.
type library struct {
	name    string
	samples int              // of one walk
	update  func()           // changes values, so that a walk cannot reuse the text of the last one
	walk    func(io.Writer)  // writes all samples as text
	close   func(testing.TB) // may be nil
}

// newMonkit returns the library monkit. A walk has everything that a program has
// between its registry and the wire, except for the socket: collector, batch,
// pusher and encoder.
func newMonkit(packages int) library {
	r, samples, update := filledMonkit(packages)
	out := new(writer)
	push := reporters.NewPusher(graphite.NewCodec(graphite.Options{}), out, reporters.PusherOptions{MaxPayload: 64 << 10})
	c := collect.New(r, collect.Options{Interval: 24 * time.Hour}, push)
	return library{
		name:    "monkit",
		samples: samples,
		update:  update,
		walk: func(w io.Writer) {
			out.w = w
			if err := c.Flush(context.Background()); err != nil {
				panic(err) // w does not fail
			}
		},
		close: func(t testing.TB) {
			if err := c.Close(context.Background()); err != nil {
				t.Error(err)
			}
		},
	}
}

// filledMonkit returns a registry with the metrics of all packages, how many
// samples it has, and a function that changes values.
func filledMonkit(packages int) (r *monkit.Registry, samples int, update func()) {
	r = monkit.NewRegistry()
	update = fill(packages, registry{
		task: func(scope, name string) task { return r.ScopeNamed(scope).FuncNamed(name).Task },
		inc: func(scope, name string) func() {
			c := r.ScopeNamed(scope).Counter(name)
			return func() { c.Inc(1) }
		},
		observe: func(scope, name string) func(int64) { return r.ScopeNamed(scope).IntVal(name).Observe },
	})
	r.Stats(func(monkit.SeriesKey, string, float64) { samples++ })
	return r, samples, update
}

// newPage returns the library monkit with the page that Prometheus scrapes, as
// WritePrometheus of VictoriaMetrics/metrics writes it.
func newPage(packages int) library {
	r, samples, update := filledMonkit(packages)
	h := prometheus.New(r)
	return library{
		name:    "monkit page for Prometheus",
		samples: samples,
		update:  update,
		walk: func(w io.Writer) {
			if err := h.Write(context.Background(), w, prometheus.Text); err != nil {
				panic(err) // w does not fail
			}
		},
	}
}

// writer is a reporters.Sender that writes payloads to w.
type writer struct{ w io.Writer }

func (w *writer) Send(_ context.Context, payload []byte, _ int) error {
	_, err := w.w.Write(payload)
	return err
}
func (*writer) Flush(context.Context) error { return nil }
func (*writer) Close(context.Context) error { return nil }

// newMonkitV3 returns the library monkit/v3. A walk prints what Stats reports, as
// programs do that push it.
func newMonkitV3(packages int) library {
	r := v3.NewRegistry()
	update := fill(packages, registry{
		task: func(scope, name string) task { return task(r.ScopeNamed(scope).FuncNamed(name).Task) },
		inc: func(scope, name string) func() {
			c := r.ScopeNamed(scope).Counter(name)
			return func() { c.Inc(1) }
		},
		observe: func(scope, name string) func(int64) { return r.ScopeNamed(scope).IntVal(name).Observe },
	})
	samples := 0
	r.Stats(func(v3.SeriesKey, string, float64) { samples++ })
	return library{
		name:    "monkit/v3 Stats and Fprintf",
		samples: samples,
		update:  update,
		walk: func(w io.Writer) {
			now := time.Now().Unix()
			r.Stats(func(key v3.SeriesKey, field string, val float64) {
				fmt.Fprintf(w, "%s %v %d\n", key.WithField(field), val, now)
			})
		},
	}
}

// newVictoria returns the library VictoriaMetrics/metrics. It has summaries in
// the place of functions and values.
func newVictoria(packages int) library {
	set := metrics.NewSet()
	var updates []func()
	for p := range packages {
		label := fmt.Sprintf(`{scope="example.com/service/package%03d"}`, p)
		for i := range counters {
			updates = append(updates, set.NewCounter(fmt.Sprintf("counter_%02d%s", i, label)).Inc)
		}
		// A summary has seven lines, so a package has as many lines as the
		// others have.
		for i := range 4*funcs + values/2 {
			s := set.NewSummary(fmt.Sprintf("summary_%02d%s", i, label))
			for n := range callsPerFunc {
				s.Update(float64(1000+n) / 1e6)
			}
			if i < values {
				updates = append(updates, func() { s.Update(float64(1000 + i)) })
			}
		}
	}
	var lines lineCounter
	set.WritePrometheus(&lines)
	return library{name: "VictoriaMetrics WritePrometheus", samples: int(lines), update: all(updates), walk: set.WritePrometheus}
}

// task is monkit.Func.Task, which monkit/v3 has too.
type task func(ctx *context.Context, args ...interface{}) func(*error)

// registry has constructors of metrics, which return the method that updates the
// metric.
type registry struct {
	task    func(scope, name string) task
	inc     func(scope, name string) func()
	observe func(scope, name string) func(int64)
}

// fill makes the metrics of all packages and calls every function. It returns a
// function that changes all counters and values.
func fill(packages int, r registry) (update func()) {
	var updates []func()
	for p := range packages {
		scope := fmt.Sprintf("example.com/service/package%03d", p)
		for i := range funcs {
			call(r.task(scope, fmt.Sprintf("Function%02d", i)), i%2 == 0)
		}
		for i := range counters {
			updates = append(updates, r.inc(scope, fmt.Sprintf("counter_%02d", i)))
		}
		for i := range values {
			observe := r.observe(scope, fmt.Sprintf("value_%02d", i))
			updates = append(updates, func() { observe(int64(1000 + i)) })
		}
	}
	return all(updates)
}

var errCall = errors.New("call failed")

// call runs t callsPerFunc times. If fails is set, every fifth run fails.
func call(t task, fails bool) {
	for n := range callsPerFunc {
		ctx := context.Background()
		var err error
		if fails && n%5 == 0 {
			err = errCall
		}
		t(&ctx)(&err)
	}
}

func all(fs []func()) func() {
	return func() {
		for _, f := range fs {
			f()
		}
	}
}

// lineCounter is an io.Writer that counts lines other than comments. Each write
// must be whole lines.
type lineCounter int

func (c *lineCounter) Write(p []byte) (int, error) {
	*c += lineCounter(bytes.Count(p, []byte("\n")) - bytes.Count(p, []byte("\n#")))
	if bytes.HasPrefix(p, []byte("#")) {
		*c--
	}
	return len(p), nil
}
