package tracing_test

import (
	"context"
	"fmt"

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
