package tracing_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

func ExampleCollectSpans() {
	mon := monkit.NewRegistry().ScopeNamed("shop")
	order := func(ctx context.Context) (err error) {
		defer mon.TaskNamed("order")(&ctx)(&err)
		return nil
	}

	ctx := context.Background()
	defer mon.TaskNamed("serve")(&ctx)(nil)
	for _, s := range tracing.CollectSpans(ctx, func(ctx context.Context) { order(ctx) }) {
		fmt.Println(s.Span.Func().FullName(), s.Err)
	}
	// Output:
	// shop.serve-TRACED <nil>
	// shop.order <nil>
}

func ExampleRecorder() {
	registry := monkit.NewRegistry()
	mon := registry.ScopeNamed("shop")
	rec := tracing.NewRecorder(registry, tracing.RecorderOptions{})
	defer rec.Close()
	registry.ScopeNamed("traces").Chain(rec) // adds the series trace_recorder

	order := func(ctx context.Context) (err error) {
		defer mon.TaskNamed("order")(&ctx)(&err)
		return fmt.Errorf("read the order: %w", io.EOF)
	}
	order(context.Background())

	for _, t := range rec.Traces() {
		fmt.Println(t.Func, t.Err, t.Reasons)
	}
	// Output: shop.order EOF recent failed slow
}

func ExampleMatcher_Watch() {
	registry := monkit.NewRegistry()
	mon := registry.ScopeNamed("shop")
	matcher, err := tracing.Query{Regex: "order$"}.Compile()
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { // the program that is watched
		defer close(stopped)
		for ctx.Err() == nil {
			mon.TaskNamed("order")(nil)(nil)
		}
	}()
	spans, err := matcher.Watch(context.Background(), registry, 0)
	cancel()
	<-stopped
	fmt.Println(spans[0].Span.Func().FullName(), err)
	// Output: shop.order <nil>
}

func ExampleQuery() {
	registry := monkit.NewRegistry()
	registry.ScopeNamed("shop").FuncNamed("order")
	matcher, err := tracing.Query{Regex: "odrer", Preselect: true}.Compile()
	if err == nil {
		_, err = matcher.Watch(context.Background(), registry, 0)
	}
	fmt.Println(err)
	// Output: regex preselect matches 0 functions
}

func ExampleSpanCollector() {
	mon := monkit.NewRegistry().ScopeNamed("shop")
	ctx := context.Background()
	finish := mon.TaskNamed("serve")(&ctx)
	root := monkit.SpanFromCtx(ctx)

	collector := tracing.NewSpanCollector(nil)
	defer root.Trace().ObserveSpans(collector)()
	collector.ForceStart(root)
	inner, err := ctx, errors.New("sold out")
	mon.TaskNamed("order")(&inner)(&err)
	finish(nil)

	<-collector.Done()
	for _, s := range collector.Spans() {
		fmt.Println(s.Span.Func().ShortName(), s.Err)
	}
	// Output:
	// serve <nil>
	// order sold out
}

// counter is a minimal exporter.
type counter struct{ spans int }

func (c *counter) Start(*monkit.Span)                          {}
func (c *counter) Finish(*monkit.Span, error, bool, time.Time) { c.spans++ }

func ExampleSample() {
	registry := monkit.NewRegistry()
	mon := registry.ScopeNamed("shop")
	var exporter counter
	defer tracing.ObserveSampledTraces(registry, nil, &exporter)()

	ctx := context.Background()
	finish := mon.TaskNamed("serve")(&ctx)
	tracing.Sample(monkit.SpanFromCtx(ctx).Trace()) // exports this trace
	finish(nil)
	mon.TaskNamed("serve")(nil)(nil)
	fmt.Println(exporter.spans)
	// Output: 1
}
