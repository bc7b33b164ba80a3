package monkit_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"monkit.example/monkit"
)

var mon = monkit.Package()

func Example() {
	work := func(ctx context.Context) (err error) {
		defer mon.Task()(&ctx)(&err)
		mon.IntVal("size").Observe(42)
		return nil
	}
	if err := work(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(monkit.Collect(mon)["size,scope=monkit.example/monkit_test max"])
	// Output: 42
}

func ExampleRegistry() {
	registry := monkit.NewRegistry()
	registry.ScopeNamed("cache").Counter("entries").Inc(3)
	registry.Stats(func(key monkit.SeriesKey, field string, val float64) {
		fmt.Println(key.WithField(field), val)
	})
	// Output:
	// entries,scope=cache high 3
	// entries,scope=cache low 3
	// entries,scope=cache value 3
}

func ExampleScope_Attach() {
	scope := monkit.NewRegistry().ScopeNamed("pool")
	key := monkit.NewSeriesKey("connections") // made once, not at every walk
	detach := scope.Attach(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		cb(key, "idle", 2)
	}))
	fmt.Println(monkit.Collect(scope))
	detach()
	fmt.Println(monkit.Collect(scope))
	// Output:
	// map[connections,scope=pool idle:2]
	// map[]
}

func ExampleScope_Gauge() {
	scope := monkit.NewRegistry().ScopeNamed("queue")
	queue := make(chan int, 10)
	scope.Gauge("length", func() float64 { return float64(len(queue)) })
	queue <- 1
	fmt.Println(monkit.Collect(scope))
	// Output: map[length,scope=queue value:1]
}

func ExampleCounter() {
	open := mon.Counter("open files")
	open.Inc(1)
	open.Inc(1)
	open.Dec(1)
	fmt.Println(open.Current(), open.High())
	// Output: 1 2
}

func ExampleMeter() {
	requests := mon.Meter("requests", monkit.NewSeriesTag("path", "/"))
	requests.Mark(3)
	fmt.Println(requests.Total())
	// Output: 3
}

func ExampleVal() {
	sizes := mon.IntVal("sizes")
	for size := range int64(101) {
		sizes.Observe(size)
	}
	fmt.Println(sizes.Quantile(0.5), sizes.Quantile(1))
	// Output: 50 100
}

func ExampleBoolVal() {
	hits := mon.BoolVal("cache hit")
	hits.Observe(true)
	hits.Observe(true)
	hits.Observe(false)
	fmt.Println(monkit.Collect(hits)[`cache\ hit,scope=monkit.example/monkit_test disposition`])
	// Output: 1
}

func ExampleTimer() {
	timer := mon.Timer("parse")
	running := timer.Start()
	time.Sleep(time.Microsecond)
	running.Stop()
	fmt.Println(timer.Values().Count)
	// Output: 1
}

func ExampleScope_Start() {
	work := func(ctx context.Context) (err error) {
		defer mon.Start(&ctx).Finish(&err)
		monkit.SpanFromCtx(ctx).Annotate("shard", "7")
		return errors.New("no such shard")
	}
	fmt.Println(work(context.Background()))
	// Output: no such shard
}

func ExampleScope_FuncNamed() {
	f := mon.FuncNamed("load", monkit.NewSeriesTag("source", "disk"))
	load := func(ctx context.Context) (err error) {
		defer f.Task(&ctx)(&err)
		return context.Canceled
	}
	fmt.Println(load(context.Background()), f.Errors())
	// Output: context canceled map[Canceled:1]
}

func ExampleSpan() {
	ctx := context.Background()
	defer mon.TaskNamed("request")(&ctx, "/index.html")(nil)
	span := monkit.SpanFromCtx(ctx)
	fmt.Println(span.Func().ShortName(), span.Args())
	// Output: request ["/index.html"]
}

func ExampleNewFuncStats() {
	stats := monkit.NewFuncStats(monkit.NewSeriesKey("flush"))
	flush := func() (err error) {
		defer stats.Observe()(&err)
		return nil
	}
	fmt.Println(flush(), stats.Success())
	// Output: <nil> 1
}

func ExampleSeriesKey() {
	key := monkit.NewSeriesKey("requests").WithTag("path", "/a b").WithTag("code", "200")
	fmt.Println(key.WithField("total"))
	// Output: requests,code=200,path=/a\ b total
}

func ExampleDist() {
	d := monkit.NewDurationDist(monkit.NewSeriesKey("wait"))
	d.Insert(time.Second)
	d.Insert(3 * time.Second)
	fmt.Println(d.FullAverage(), d.Query(1), d.Count)
	// Output: 2s 3s 2
}
