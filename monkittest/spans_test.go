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
	wantReport(t, r, "shop.watch", false, r.WantEnded)
	close(release)
	<-done
	r.WantTree("serve \n\tfetch: not found\t\n\tparse (panicked)\n\twatch\nnext")
	r.WantEnded()
	wantReport(t, r, "spans are:\nserve\n  fetch", false, func() { r.WantTree("serve") })
	wantReport(t, r, "want:\nserve", false, func() { r.WantTree("serve") })
}

func TestTreeOfNoSpansIsEmpty(t *testing.T) { New(t).WantTree("") }

func TestTreeLeavesOutCallersFromBeforeWatch(t *testing.T) {
	shared := monkit.NewRegistry()
	mon := shared.ScopeNamed("shop")
	run(t.Context(), mon, "before", nil, func(ctx context.Context) {
		r := Watch(t, shared)
		run(ctx, mon, "a", nil, func(ctx context.Context) { run(ctx, mon, "b", nil) })
		r.WantTree("a\n  b")
	})
}

func TestSpanFromBeforeWatchIsRecordedAtItsEnd(t *testing.T) {
	shared := monkit.NewRegistry()
	mon := shared.ScopeNamed("shop")
	var r *Registry
	run(t.Context(), mon, "before", errors.New("gone"), func(ctx context.Context) {
		r = Watch(t, shared)
		run(ctx, mon, "inside", nil)
	})
	r.WantTree("before: gone\n  inside")
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
		if s.Err != gone || s.Panicked || s.Finish.Before(s.Span.Start()) || len(s.Span.Annotations()) != 1 {
			t.Errorf("span %q is %+v, with %v", name, s, s.Span.Annotations())
		}
	}
	if n := len(r.Spans("twice")); n != 2 {
		t.Errorf("%d spans of twice, want 2", n)
	}
	wantReport(t, r, `2 spans of "twice"`, true, func() { r.Span("twice") })
	wantReport(t, r, "once: gone", true, func() { r.Span("never") })
}

// Spans are in the order in which they started, not in that of their ends.
func TestSpansAreInOrderOfTheirStart(t *testing.T) {
	r := New(t)
	mon := r.ScopeNamed("shop")
	run(t.Context(), mon, "f", errors.New("outer"), func(ctx context.Context) { run(ctx, mon, "f", errors.New("inner")) })
	if s := r.Spans("f"); len(s) != 2 || s[0].Err.Error() != "outer" || s[1].Err.Error() != "inner" {
		t.Errorf("spans are %v, want outer and inner", s)
	}
}

func TestSpansAreBounded(t *testing.T) {
	r := New(t)
	f := r.ScopeNamed("shop").FuncNamed("f")
	for range tracing.MaxSpans + 2 {
		ctx := context.Background()
		f.Task(&ctx)(nil)
	}
	if n := len(r.Spans("f")); n != tracing.MaxSpans {
		t.Errorf("%d spans are recorded, want %d", n, tracing.MaxSpans)
	}
	wantReport(t, r, "2 spans were not recorded", false, func() { r.WantTree("") })
	// A message about a missing span mentions those that were not recorded, and
	// does not show all of the others.
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, miss := range []func(){func() { r.Span("late") }, func() { r.WaitSpan(ended, "late") }} {
		wantReport(t, r, fmt.Sprintf("f\nand %d more\n2 spans were not recorded", tracing.MaxSpans-maxLines), true, miss)
	}
}

func TestSpansAfterTheTestAreNotRecorded(t *testing.T) {
	shared := monkit.NewRegistry()
	mon := shared.ScopeNamed("shop")
	var r *Registry
	t.Run("watching", func(t *testing.T) {
		r = Watch(t, shared)
		run(t.Context(), mon, "during", nil)
	})
	run(t.Context(), mon, "after", nil)
	r.WantTree("during")
}

func TestConcurrentSpansAreRecorded(t *testing.T) {
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
