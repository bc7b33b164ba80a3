package tracing

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"monkit.example/monkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run calls inside in a span of f, which ends with err.
func run(ctx context.Context, f *monkit.Func, err error, inside func(ctx context.Context)) {
	defer f.Task(&ctx)(&err)
	if inside != nil {
		inside(ctx)
	}
}

// names are the functions of spans, in order.
func names(spans []*FinishedSpan) (all []string) {
	for _, s := range spans {
		all = append(all, s.Span.Func().ShortName())
	}
	return all
}

// named matches spans of the function.
func named(name string) func(*monkit.Span) bool {
	return func(s *monkit.Span) bool { return s.Func().ShortName() == name }
}
