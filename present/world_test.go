package present_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"monkit.example/internal/hostile"
	"monkit.example/monkit"
	"monkit.example/present"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world returns a registry with metrics and functions of every kind. Two spans
// stay open until the test ends.
func world(t *testing.T) *monkit.Registry {
	t.Helper()
	r := monkit.NewRegistry()
	s := r.ScopeNamed("my/scope")
	s.Counter("jobs", monkit.NewSeriesTag("a b", "x,y=z")).Inc(3)
	s.IntVal("sizes").Observe(3)
	s.Gauge("load", func() float64 { return 0.25 })
	s.FuncNamed("Never")
	outer := s.FuncNamed("Outer")
	inner := s.FuncNamed("Inner", monkit.NewSeriesTag("k", "v"))

	ctx := context.Background()
	finish := outer.Task(&ctx)
	call(ctx, inner, io.EOF)
	call(ctx, inner, errors.New("unknown"))
	call(ctx, inner, nil)
	finish(nil)

	ctx = context.Background()
	finishOuter := outer.Task(&ctx, `a<b>"q"`, 1)
	monkit.SpanFromCtx(ctx).Annotate("note", "some <text>")
	finishInner := inner.Task(&ctx)
	t.Cleanup(func() {
		finishInner(nil)
		finishOuter(nil)
	})
	return r
}

func call(ctx context.Context, f *monkit.Func, err error) {
	defer f.Task(&ctx)(&err)
}

// render returns the body of a page. The test fails if the page does not exist.
func render(t *testing.T, r *monkit.Registry, target string) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	write, _, err := present.FromRequest(r, u.Path, u.Query())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hostileWorld returns a registry with the hostile text in every place that takes
// text from a program or its users.
func hostileWorld(t *testing.T) *monkit.Registry {
	t.Helper()
	r := monkit.NewRegistry()
	for _, text := range hostile.Texts {
		s := r.ScopeNamed(text)
		s.Counter(text, monkit.NewSeriesTag(text, text)).Inc(1)
		s.FloatVal(text + "2").Observe(math.Inf(1))
		s.Gauge(text+"3", math.NaN)
		f := s.FuncNamed(text, monkit.NewSeriesTag(text, text))
		call(context.Background(), f, namedError(text))
		ctx := context.Background()
		finish := f.Task(&ctx, text, []byte(text), errors.New(text))
		monkit.SpanFromCtx(ctx).Annotate(text, text)
		t.Cleanup(func() { finish(nil) })
	}
	return r
}

// namedError is an error that chooses the name it is counted by.
type namedError string

func (e namedError) Error() string        { return string(e) }
func (e namedError) Name() (string, bool) { return string(e), true }
