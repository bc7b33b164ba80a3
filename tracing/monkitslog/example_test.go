package monkitslog_test

import (
	"context"
	"log/slog"
	"os"
	"strings"

	"monkit.example/monkit"
	"monkit.example/tracing/monkitslog"
)

var mon = monkit.Package()

func Example() {
	// Times and ids differ from run to run, so this example replaces them.
	opts := slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case slog.TimeKey:
			return slog.Attr{}
		case monkitslog.TraceKey, monkitslog.SpanKey:
			return slog.String(a.Key, strings.Repeat("x", len(a.Value.String())))
		}
		return a
	}}
	log := slog.New(monkitslog.New(slog.NewTextHandler(os.Stdout, &opts))).WithGroup("shop")

	sell := func(ctx context.Context, what string) (err error) {
		defer mon.Task()(&ctx)(&err)
		log.InfoContext(ctx, "sold", "what", what)
		return nil
	}
	_ = sell(context.Background(), "tea")
	log.Info("closed")
	// Output:
	// level=INFO msg=sold shop.what=tea trace_id=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx span_id=xxxxxxxxxxxxxxxx
	// level=INFO msg=closed
}
