package monkittest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

func TestTree(t *testing.T) {
	r := New(t)
	mon := r.ScopeNamed("shop")
	release, done := make(chan struct{}), make(chan struct{})
	run(t.Context(), mon, "serve", nil,
		func(ctx context.Context) { run(ctx, mon, "fetch", errors.New("not\nfound")) },
		func(ctx context.Context) {
			defer func() { recover() }()
			run(ctx, mon, "parse", nil, func(context.Context) { panic("bad") })
		},
		func(ctx context.Context) {
			started := make(chan struct{})
			go func() {
				defer close(done)
				run(ctx, mon, "watch", nil, func(context.Context) { close(started); <-release })
			}()
			<-started
		})
	run(t.Context(), mon, "next", nil)

	r.WantTree(`
		serve
		  fetch: not found
		  parse (panicked)
		  watch (running)
		next
	`)
	wantVerdict(t, r, "shop.watch", false, r.WantEnded)
	close(release)
	<-done
	r.WantTree("serve\n\tfetch: not found\n\tparse (panicked)\n\twatch\nnext")
	r.WantEnded()
	wantVerdict(t, r, "spans are:\nserve\n  fetch", false, func() { r.WantTree("serve") })
}

func TestTreeOfNothing(t *testing.T) { New(t).WantTree("") }

func TestTreeBeginsBelowWhatWasLiveBefore(t *testing.T) {
	shared := monkit.NewRegistry()
	mon := shared.ScopeNamed("shop")
	run(t.Context(), mon, "before", nil, func(ctx context.Context) {
		r := Watch(t, shared)
		run(ctx, mon, "a", nil, func(ctx context.Context) { run(ctx, mon, "b", nil) })
		r.WantTree("a\n  b")
	})
}

func TestLiveBeforeIsSeenAtItsEnd(t *testing.T) {
	shared := monkit.NewRegistry()
	mon := shared.ScopeNamed("shop")
	var r *Registry
	run(t.Context(), mon, "before", nil, func(context.Context) { r = Watch(t, shared) })
	r.WantTree("before")
}

func TestSpan(t *testing.T) {
	r := New(t)
	mon, gone := r.ScopeNamed("shop"), errors.New("gone")
	run(t.Context(), mon, "once", gone, func(ctx context.Context) { monkit.SpanFromCtx(ctx).Annotate("k", "v") })
	for range 2 {
		run(t.Context(), mon, "twice", nil)
	}
	for _, name := range []string{"once", "shop.once"} {
		s := r.Span(name)
		if s.Err != gone || s.Panicked || len(s.Span.Annotations()) != 1 {
			t.Errorf("span %q is %+v, with %v", name, s, s.Span.Annotations())
		}
	}
	if n := len(r.Spans("twice")); n != 2 {
		t.Errorf("%d spans of twice, want 2", n)
	}
	wantVerdict(t, r, `2 spans of "twice"`, true, func() { r.Span("twice") })
	wantVerdict(t, r, "once: gone", true, func() { r.Span("never") })
}

func TestSpansAreBounded(t *testing.T) {
	r := New(t)
	f := r.ScopeNamed("shop").FuncNamed("f")
	for range tracing.MaxSpans + 2 {
		ctx := context.Background()
		f.Task(&ctx)(nil)
	}
	if n := len(r.Spans("f")); n != tracing.MaxSpans {
		t.Errorf("%d spans are kept, want %d", n, tracing.MaxSpans)
	}
	wantVerdict(t, r, "2 spans were not kept", false, func() { r.WantTree("") })
	// Who misses a span learns that it may be one of those, and reads no ten
	// thousand lines.
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, miss := range []func(){func() { r.Span("late") }, func() { r.WaitSpan(ended, "late") }} {
		wantVerdict(t, r, fmt.Sprintf("f\nand %d more\n2 spans were not kept", tracing.MaxSpans-maxLines), true, miss)
	}
}

func TestNothingIsSeenAfterTheTest(t *testing.T) {
	shared := monkit.NewRegistry()
	var r *Registry
	t.Run("watching", func(t *testing.T) { r = Watch(t, shared) })
	run(t.Context(), shared.ScopeNamed("shop"), "late", nil)
	if tree := r.Tree(); tree != "" {
		t.Errorf("seen after the test: %s", tree)
	}
}

func TestConcurrentSpans(t *testing.T) {
	r := New(t)
	mon := r.ScopeNamed("shop")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				run(t.Context(), mon, "f", nil, func(ctx context.Context) { run(ctx, mon, "g", nil) })
			}
		})
	}
	wg.Wait()
	if f, g := len(r.Spans("f")), len(r.Spans("g")); f != 400 || g != 400 {
		t.Errorf("%d and %d spans, want 400 each", f, g)
	}
	r.Want("function,name=f total", 400)
	r.WantEnded()
}
