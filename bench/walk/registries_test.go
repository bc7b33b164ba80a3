package walk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	theirs "github.com/spacemonkeygo/monkit/v3"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
)

// A service of 60 packages like the ones below has about 35 000 samples.
const (
	packages = 60

	funcs    = 20 // of each package: two distributions and a few counters each
	counters = 20
	values   = 10
)

// A subject is one library with its registry filled.
type subject struct {
	name    string
	samples int              // of one walk
	touch   func()           // changes values, so that no walk can reuse the text of the last
	walk    func(io.Writer)  // all samples as text
	close   func(testing.TB) // may be nil
}

// ours walks through everything a program has between its registry and the
// wire: collector, batch, pusher, encoder; only the socket is a Writer.
func ours(packages int) subject {
	r := monkit.NewRegistry()
	var touch []func()
	for p := range packages {
		s := r.ScopeNamed(fmt.Sprintf("example.com/service/package%03d", p))
		for i := range funcs {
			f := s.FuncNamed(fmt.Sprintf("Function%02d", i))
			call(i, func(ctx context.Context, err *error) { f.Task(&ctx)(err) })
		}
		for i := range counters {
			c := s.Counter(fmt.Sprintf("counter_%02d", i))
			touch = append(touch, func() { c.Inc(1) })
		}
		for i := range values {
			v := s.IntVal(fmt.Sprintf("value_%02d", i))
			touch = append(touch, func() { v.Observe(int64(1000 + i)) })
		}
	}
	out := new(writer)
	push := reporters.NewPusher(graphite.NewCodec(graphite.Options{}), out, reporters.PusherOptions{MaxPayload: 64 << 10})
	c := collect.New(r, collect.Options{Interval: 24 * time.Hour}, push)
	return subject{
		name:    "monkit",
		samples: count(r.Stats),
		touch:   all(touch),
		walk: func(w io.Writer) {
			out.w = w
			if err := c.Flush(context.Background()); err != nil {
				panic(err) // a Writer that cannot fail
			}
		},
		close: func(t testing.TB) {
			if err := c.Close(context.Background()); err != nil {
				t.Error(err)
			}
		},
	}
}

// writer is the end of the way: a Sender that writes.
type writer struct{ w io.Writer }

func (w *writer) Send(_ context.Context, payload []byte, _ int) error {
	_, err := w.w.Write(payload)
	return err
}
func (*writer) Flush(context.Context) error { return nil }
func (*writer) Close(context.Context) error { return nil }

// monkitV3 prints what Stats calls back with, as programs do that push it.
func monkitV3(packages int) subject {
	r := theirs.NewRegistry()
	var touch []func()
	for p := range packages {
		s := r.ScopeNamed(fmt.Sprintf("example.com/service/package%03d", p))
		for i := range funcs {
			f := s.FuncNamed(fmt.Sprintf("Function%02d", i))
			call(i, func(ctx context.Context, err *error) { f.Task(&ctx)(err) })
		}
		for i := range counters {
			c := s.Counter(fmt.Sprintf("counter_%02d", i))
			touch = append(touch, func() { c.Inc(1) })
		}
		for i := range values {
			v := s.IntVal(fmt.Sprintf("value_%02d", i))
			touch = append(touch, func() { v.Observe(int64(1000 + i)) })
		}
	}
	samples := 0
	r.Stats(func(theirs.SeriesKey, string, float64) { samples++ })
	return subject{
		name:    "monkit/v3 Stats and Fprintf",
		samples: samples,
		touch:   all(touch),
		walk: func(w io.Writer) {
			now := time.Now().Unix()
			r.Stats(func(key theirs.SeriesKey, field string, val float64) {
				fmt.Fprintf(w, "%s %v %d\n", key.WithField(field), val, now)
			})
		},
	}
}

// victoria has summaries where the others have functions and values.
func victoria(packages int) subject {
	set := metrics.NewSet()
	var touch []func()
	for p := range packages {
		label := fmt.Sprintf(`{scope="example.com/service/package%03d"}`, p)
		for i := range counters {
			c := set.NewCounter(fmt.Sprintf("counter_%02d%s", i, label))
			touch = append(touch, c.Inc)
		}
		// A summary is seven lines, so that a package has as many as the others'.
		for i := range 4*funcs + values/2 {
			s := set.NewSummary(fmt.Sprintf("summary_%02d%s", i, label))
			for n := range calls {
				s.Update(float64(1000+n) / 1e6)
			}
			if i < values {
				touch = append(touch, func() { s.Update(float64(1000 + i)) })
			}
		}
	}
	var lines lineCounter
	set.WritePrometheus(&lines)
	return subject{name: "VictoriaMetrics WritePrometheus", samples: int(lines), touch: all(touch), walk: set.WritePrometheus}
}

// calls is how often a function was called before the first walk.
const calls = 20

var errCall = errors.New("call failed")

// call runs the task as a caller does; every other function fails at times.
func call(i int, task func(context.Context, *error)) {
	for n := range calls {
		var err error
		if i%2 == 0 && n%5 == 0 {
			err = errCall
		}
		task(context.Background(), &err)
	}
}

func count(stats func(func(monkit.SeriesKey, string, float64))) (n int) {
	stats(func(monkit.SeriesKey, string, float64) { n++ })
	return n
}

func all(fs []func()) func() {
	return func() {
		for _, f := range fs {
			f()
		}
	}
}

type lineCounter int

func (c *lineCounter) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == '\n' {
			*c++
		}
	}
	return len(p), nil
}
