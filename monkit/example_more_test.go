package monkit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"monkit.example/monkit"
)

// show prints the samples of src in the order of their names, but no times.
func show(src monkit.StatSource) {
	var lines []string
	for name, val := range monkit.Collect(src) {
		if !strings.Contains(name, "_times") {
			lines = append(lines, fmt.Sprint(name, " ", val))
		}
	}
	slices.Sort(lines)
	fmt.Println(strings.Join(lines, "\n"))
}

func ExampleTask() {
	scope := monkit.NewRegistry().ScopeNamed("files")
	read := scope.TaskNamed("read") // in a variable, so that no call looks it up
	open := func(ctx context.Context, name string) (err error) {
		defer read(&ctx)(&err)
		return io.EOF
	}
	fmt.Println(open(context.Background(), "a"))
	fmt.Println(read.Func().Errors())
	// Output:
	// EOF
	// map[EOF:1]
}

func ExampleRawVal() {
	scope := monkit.NewRegistry().ScopeNamed("disk")
	written := scope.RawValk(monkit.NewSeriesKey("written"), monkit.Sum, monkit.Count)
	written.Observe(512)
	written.Observe(1024)
	show(scope)
	// Output:
	// written,scope=disk count 2
	// written,scope=disk recent 1024
	// written,scope=disk sum 1536
}

func ExampleStructVal() {
	scope := monkit.NewRegistry().ScopeNamed("pool")
	scope.StructVal("state").Observe(struct {
		Idle, Busy int
		Secret     int `monkit:"ignore"`
	}{Idle: 3, Busy: 1})
	show(scope)
	// Output:
	// state,scope=pool Busy 1
	// state,scope=pool Idle 3
}

func ExampleStatSourceFromStruct() {
	type counts struct{ Hits, Misses int }
	c := &counts{Hits: 9}
	show(monkit.StatSourceFromStruct(monkit.NewSeriesKey("cache"), c))
	// Output:
	// cache Hits 9
	// cache Misses 0
}

func ExampleScope_DiffMeter() {
	scope := monkit.NewRegistry().ScopeNamed("queue")
	in, out := scope.Meter("in"), scope.Meter("out")
	scope.DiffMeter("waiting", in, out)
	in.Mark(5)
	out.Mark(2)
	fmt.Println(monkit.Collect(scope)["waiting,scope=queue total"])
	// Output: 3
}

func ExampleVal_Heatmap() {
	scope := monkit.NewRegistry().ScopeNamed("mail")
	size := monkit.NewIntVal(monkit.NewSeriesKey("size"))
	scope.Chain(size.Heatmap())
	for _, bytes := range []int64{700, 900, 3000} {
		size.Observe(bytes)
	}
	show(scope)
	// Output:
	// size_buckets,le=1024,scope=mail rcount 2
	// size_buckets,le=4096,scope=mail rcount 1
}

// files is a source that reports which of its fields count up.
type files struct{ open, written float64 }

func (f *files) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	key := monkit.NewSeriesKey("files") // a source that is walked often makes it once
	cb(key, "open", f.open)
	cb(key, "bytes_written", f.written)
}

func (*files) IsTotal(_ monkit.SeriesKey, field string) (total, known bool) {
	return field == "bytes_written", true
}

func ExampleTotalSource() {
	registry := monkit.NewRegistry()
	registry.ScopeNamed("disk").Chain(&files{open: 2, written: 4096})
	registry.Stats(func(key monkit.SeriesKey, field string, val float64) {
		total, _ := registry.IsTotal(key, field)
		fmt.Println(field, val, total)
	})
	// Output:
	// open 2 false
	// bytes_written 4096 true
}

func ExampleCallbackTransformerFunc() {
	registry := monkit.NewRegistry()
	registry.ScopeNamed("app").Counter("visits").Inc(1)
	valuesOnly := monkit.CallbackTransformerFunc(func(cb func(monkit.SeriesKey, string, float64)) func(monkit.SeriesKey, string, float64) {
		return func(key monkit.SeriesKey, field string, val float64) {
			if field == "value" {
				cb(key, field, val)
			}
		}
	})
	show(registry.WithTransformers(valuesOnly))
	// Output: visits,scope=app value 1
}

func ExampleDeltaTransformer() {
	registry := monkit.NewRegistry()
	requests := registry.ScopeNamed("app").Meter("requests")
	view := registry.WithTransformers(monkit.NewDeltaTransformer()) // one for each destination
	requests.Mark(10)
	monkit.Collect(view)
	requests.Mark(3)
	fmt.Println(monkit.Collect(view)["requests,scope=app delta"])
	// Output: 3
}

func ExampleNameError() {
	errFull := monkit.NameError(errors.New("queue is full"), "Queue Full") // a variable of the package
	mon := monkit.NewRegistry().ScopeNamed("app")
	enqueue := func(ctx context.Context) (err error) {
		defer mon.TaskNamed("enqueue")(&ctx)(&err)
		return fmt.Errorf("job 7: %w", errFull)
	}
	err := enqueue(context.Background())
	fmt.Println(err, errors.Is(err, errFull))
	fmt.Println(mon.FuncNamed("enqueue").Errors())
	// Output:
	// job 7: queue is full true
	// map[Queue Full:1]
}

func ExampleAddErrorNameHandler() {
	quota := errors.New("quota exceeded for user 4711") // a text for each user is no name for a series
	monkit.AddErrorNameHandler(func(err error) (string, bool) {
		return "Quota", errors.Is(err, quota)
	})
	fmt.Println(monkit.ErrorName(fmt.Errorf("upload: %w", quota)))
	// Output: Quota
}

// printer prints the spans that end.
type printer struct{}

func (printer) Start(*monkit.Span) {}
func (printer) Finish(s *monkit.Span, err error, panicked bool, _ time.Time) {
	fmt.Println(s.Func().ShortName(), s.Args(), err, panicked)
}

func ExampleSpanObserver() {
	registry := monkit.NewRegistry()
	stop := registry.ObserveTraces(func(t *monkit.Trace) { t.ObserveSpans(printer{}) })
	defer stop()
	err := errors.New("too large")
	registry.ScopeNamed("app").TaskNamed("store")(nil, 42)(&err)
	// Output: store [42] too large false
}

func ExampleTrace() {
	registry := monkit.NewRegistry()
	ctx := context.Background()
	end := registry.ScopeNamed("app").TaskNamed("serve")(&ctx)
	trace := monkit.SpanFromCtx(ctx).Trace()
	trace.Set("user", "ann") // every span of the trace can get it
	fmt.Println(trace.Get("user"), trace.Spans(), len(trace.String()))
	end(nil)
	fmt.Println(trace.Spans())
	// Output:
	// ann 1 32
	// 0
}

func ExampleTagSet() {
	key := monkit.NewSeriesKey("requests").WithTag("method", "GET").WithTag("code", "200")
	for i := range key.Tags.Len() {
		tag := key.Tags.At(i)
		fmt.Println(tag.Key, tag.Val)
	}
	// Output:
	// code 200
	// method GET
}

func ExampleRegistry_ExpireIdle() {
	registry := monkit.NewRegistry()
	registry.ExpireIdle(time.Hour) // forgets metrics that are idle for an hour
	registry.ScopeNamed("tenants").Counter("requests", monkit.NewSeriesTag("tenant", "4711")).Inc(1)
	show(registry)
	// Output:
	// requests,scope=tenants,tenant=4711 high 1
	// requests,scope=tenants,tenant=4711 low 1
	// requests,scope=tenants,tenant=4711 value 1
}
