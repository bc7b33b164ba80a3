package hot

import (
	"context"
	"fmt"

	vm "github.com/VictoriaMetrics/metrics"
	v3 "github.com/spacemonkeygo/monkit/v3"

	"monkit.example/monkit"
)

// pair is the same work, done by monkit and by a peer.
type pair struct {
	name         string
	limit        float64 // of the ratio of monkit's cost to the peer's
	parallel     bool    // on all processors at once
	ours, theirs func()
}

var (
	mon   = monkit.Package()
	v3mon = v3.Package()

	storedTask   = mon.Task()
	v3storedTask = v3mon.Task()
)

func task(ctx context.Context) (err error)    { defer mon.Task()(&ctx)(&err); return nil }
func v3Task(ctx context.Context) (err error)  { defer v3mon.Task()(&ctx)(&err); return nil }
func outer(ctx context.Context) (err error)   { defer mon.Task()(&ctx)(&err); return task(ctx) }
func v3Outer(ctx context.Context) (err error) { defer v3mon.Task()(&ctx)(&err); return v3Task(ctx) }

func stored(ctx context.Context) (err error)   { defer storedTask(&ctx)(&err); return nil }
func v3Stored(ctx context.Context) (err error) { defer v3storedTask(&ctx)(&err); return nil }

func start(ctx context.Context) (err error) { defer mon.Start(&ctx).Finish(&err); return nil }
func outerStart(ctx context.Context) (err error) {
	defer mon.Start(&ctx).Finish(&err)
	return start(ctx)
}

// pairs returns the pairs. The registries have as many metrics as those of a
// program.
func pairs() []pair {
	ctx := context.Background()
	c, v3c, vmc := mon.Counter("c"), v3mon.Counter("c"), vm.GetOrCreateCounter("c")
	i, v3i := mon.IntVal("i"), v3mon.IntVal("i")
	m, v3m := mon.Meter("m"), v3mon.Meter("m")
	t, v3t := mon.Timer("t"), v3mon.Timer("t")
	runs, v3runs := func() { task(ctx) }, func() { v3Task(ctx) }
	inc, v3inc := func() { c.Inc(1) }, func() { v3c.Inc(1) }
	observe, v3observe := func() { i.Observe(12345) }, func() { v3i.Observe(12345) }
	return []pair{
		{"task", 0.27, false, runs, v3runs},
		{"task, parallel", 0.27, true, runs, v3runs},
		{"task, nested", 0.27, false, func() { outer(ctx) }, func() { v3Outer(ctx) }},
		{"task, stored", 0.70, false, func() { stored(ctx) }, func() { v3Stored(ctx) }},
		{"task, stored, floor", 1.00, false, storedFloor, func() { v3Stored(ctx) }},
		{"start, against task", 0.17, false, func() { start(ctx) }, v3runs},
		{"start, nested", 0.17, false, func() { outerStart(ctx) }, func() { v3Outer(ctx) }},
		{"counter", 0.70, false, inc, v3inc},
		{"counter, parallel", 0.80, true, inc, v3inc},
		{"counter, against VM", 2.00, false, inc, func() { vmc.Inc() }},
		{"counter by name", 0.60, false, func() { mon.Counter("c").Inc(1) }, func() { v3mon.Counter("c").Inc(1) }},
		{"int", 1.05, false, observe, v3observe},
		{"int, floor", 1.00, false, intFloor, v3observe},
		{"int, parallel", 0.85, true, observe, v3observe},
		{"meter", 0.90, false, func() { m.Mark(1) }, func() { v3m.Mark(1) }},
		{"timer", 1.00, false, func() { t.Start().Stop() }, func() { v3t.Start().Stop() }},
		{"timer, floor", 1.00, false, timerFloor, func() { v3t.Start().Stop() }},
	}
}

func init() {
	for i := range 500 {
		name := fmt.Sprint("n", i)
		ctx, v3ctx := context.Background(), context.Background()
		mon.FuncNamed("f" + name).Task(&ctx)(nil)
		v3mon.FuncNamed("f" + name).Task(&v3ctx)(nil)
		mon.IntVal("i" + name).Observe(12)
		v3mon.IntVal("i" + name).Observe(12)
		mon.Counter("c" + name).Inc(1)
		v3mon.Counter("c" + name).Inc(1)
	}
}
