package tracing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/hostile"
	"monkit.example/monkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs f, which calls inside and ends with err.
func run(ctx context.Context, f *monkit.Func, err error, inside func(ctx context.Context)) {
	defer f.Task(&ctx)(&err)
	if inside != nil {
		inside(ctx)
	}
}

// names returns the functions of spans.
func names(spans []*FinishedSpan) (all []string) {
	for _, s := range spans {
		all = append(all, s.Span.Func().ShortName())
	}
	return all
}

// named returns a matcher for the spans of the function.
func named(name string) func(*monkit.Span) bool {
	return func(s *monkit.Span) bool { return s.Func().ShortName() == name }
}

// outcomes returns a small trace with a span of each outcome.
func outcomes() (spans []*FinishedSpan) {
	s := monkit.NewRegistry().ScopeNamed("s")
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		spans = CollectSpans(ctx, func(ctx context.Context) {
			run(ctx, s.FuncNamed("failed"), io.EOF, nil)
			run(ctx, s.FuncNamed("canceled"), fmt.Errorf("wrapped: %w", context.Canceled), nil)
			func() {
				defer func() { recover() }()
				run(ctx, s.FuncNamed("panicked"), nil, func(context.Context) { panic(1) })
			}()
		})
	})
	return spans
}

// hostileSpans returns spans with hostile text in all names, arguments,
// annotations and errors.
func hostileSpans(t *testing.T) (spans []*FinishedSpan) {
	t.Helper()
	for _, text := range hostile.Texts {
		f := monkit.NewRegistry().ScopeNamed(text).FuncNamed(text, monkit.NewSeriesTag(text, text))
		ctx := context.Background()
		finish := f.Task(&ctx, text, []byte(text))
		s := monkit.SpanFromCtx(ctx)
		s.Annotate(text, text)
		finish(nil)
		spans = append(spans, &FinishedSpan{Span: s, Err: errors.New(text), Finish: s.Start().Add(time.Millisecond)})
	}
	return spans
}

// panickingError panics in all of its methods.
type panickingError struct{}

func (panickingError) Error() string   { panic("no text") }
func (panickingError) Is(error) bool   { panic("no identity") }
func (panickingError) Unwrap() []error { panic("no cause") }
