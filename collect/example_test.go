package collect_test

import (
	"context"
	"fmt"
	"time"

	"monkit.example/collect"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
)

func ExampleEvery() {
	c := collect.Every(10*time.Second, graphite.New("127.0.0.1:2003"))
	defer c.Close(context.Background())
}

// printer is a reporter that shows what it gets.
type printer struct{}

func (printer) Report(_ context.Context, b *reporters.Batch) error {
	for _, p := range b.Points {
		if p.Key.Measurement == "orders" {
			fmt.Println(p.Key, p.Field, p.Value, p.Kind)
		}
	}
	return nil
}

func (printer) Flush(context.Context) error { return nil }
func (printer) Close(context.Context) error { return nil }

func ExampleNew() {
	registry := monkit.NewRegistry()
	registry.ScopeNamed("shop").Meter("orders").Mark(3)

	c := collect.New(registry, collect.Options{Interval: time.Hour, Without: []string{"rate"}}, printer{})
	if err := c.Close(context.Background()); err != nil { // walks a last time
		fmt.Println(err)
	}
	// Output: orders,scope=shop total 3 counter
}

func ExampleWalker() {
	registry := monkit.NewRegistry()
	registry.ScopeNamed("shop").Meter("orders").Mark(3)

	var b reporters.Batch
	w := collect.NewWalker(registry, "rate")
	if panicked := w.Walk(&b, time.Now()); panicked {
		fmt.Println("the batch has only some of the points")
	}
	for _, p := range b.Points {
		fmt.Println(p.Key, p.Field, p.Value, p.Kind)
	}
	// Output: orders,scope=shop total 3 counter
}
