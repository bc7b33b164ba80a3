package present

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

func TestAbandonedPageIsNotShared(t *testing.T) {
	r := newRenderer()
	p, first := r.join(t.Context(), "funcs", "key")
	if again, second := r.join(t.Context(), "funcs", "key"); !first || second || again != p {
		t.Fatal("two requests do not share a page")
	}
	r.leave(p)
	if p.ctx.Err() != nil {
		t.Error("the page ends although a request waits for it")
	}
	r.leave(p)
	if p.ctx.Err() == nil {
		t.Error("the page does not end although no request waits for it")
	}
	later, first := r.join(t.Context(), "funcs", "key")
	if !first || later == p {
		t.Error("a request shares a page that ends")
	}
	r.make(p, func(context.Context, io.Writer) error { return nil })
	if p.err == nil || len(inMemory) != 0 {
		t.Errorf("the page is made: %v, %d in memory", p.err, len(inMemory))
	}
	if _, first := r.join(t.Context(), "funcs", "key"); first {
		t.Error("the end of the first page has made the later one forgotten")
	}
}

// slowWriter takes a minute for each write.
type slowWriter struct{ n int }

func (s *slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Minute)
	s.n++
	return len(p), nil
}

func TestSlowReaderIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var page pageBuffer
		page.Write(make([]byte, 10*pieceSize))
		var w slowWriter
		if err := page.writeTo(&w, time.Now().Add(readTime(page.size))); !errors.Is(err, errSlowReader) || w.n != 1 {
			t.Errorf("%v after %d pieces", err, w.n)
		}
	})
}

func TestReadTimeGrowsWithThePage(t *testing.T) {
	for size, want := range map[int]time.Duration{0: 30 * time.Second, 128 << 10: 31 * time.Second, 1 << 30: 30*time.Second + 8192*time.Second} {
		if got := readTime(size); got != want {
			t.Errorf("readTime(%d) = %v, want %v", size, got, want)
		}
	}
}

// deadlined is a response that records its last write deadline.
type deadlined struct {
	*httptest.ResponseRecorder
	at time.Time
}

func (d *deadlined) SetWriteDeadline(at time.Time) error {
	d.at = at
	return nil
}

func TestReadersAreLimitedUnlessTheServerLimitsThem(t *testing.T) {
	for _, v := range pages {
		for _, view := range v.views {
			if view.work != walks || v.needsRecorder {
				continue
			}
			for timeout, limited := range map[time.Duration]bool{0: true, time.Hour: false} {
				w := &deadlined{ResponseRecorder: httptest.NewRecorder()}
				ctx := context.WithValue(t.Context(), http.ServerContextKey, &http.Server{WriteTimeout: timeout})
				HTTP(nil).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/"+v.name+"/"+view.name, nil))
				if w.at.IsZero() == limited || w.Code != http.StatusOK {
					t.Errorf("/%s/%s with the timeout %v: %d, deadline %v", v.name, view.name, timeout, w.Code, w.at)
				}
			}
		}
	}
}

func TestPageBufferKeepsEverything(t *testing.T) {
	var page pageBuffer
	want := ""
	for _, n := range []int{0, 1, pieceSize - 1, pieceSize, pieceSize + 1, 3 * pieceSize, 5} {
		text := make([]byte, n)
		for i := range text {
			text[i] = byte(i % 251)
		}
		page.Write(text)
		want += string(text)
	}
	w := httptest.NewRecorder()
	if err := page.writeTo(w, time.Now().Add(time.Hour)); err != nil || w.Body.String() != want || page.size != len(want) {
		t.Errorf("%d bytes of %d, %v", w.Body.Len(), len(want), err)
	}
}

func TestEndedWalkPassesNothingOn(t *testing.T) {
	r := monkit.NewRegistry()
	r.ScopeNamed("s").Counter("c").Inc(1)
	ctx := t.Context()
	defer r.ScopeNamed("s").FuncNamed("outer").Task(&ctx)(nil)
	inner := ctx
	defer r.ScopeNamed("s").FuncNamed("inner").Task(&inner)(nil)
	ended, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 2 {
		calls := map[string]int{}
		w := walk{registry: r, ctx: ended}
		w.stats(func(monkit.SeriesKey, string, float64) { calls["stats"]++ })
		w.funcs(func(*monkit.Func) { calls["funcs"]++ })
		w.rootSpans(func(*monkit.Span) { calls["rootSpans"]++ })
		w.each([]*openSpan{{}}, func(*openSpan) { calls["each"]++ })
		w.children(monkit.SpanFromCtx(ctx), func(*monkit.Span) { calls["children"]++ })
		if want := 5; ended.Err() == nil && len(calls) != want || ended.Err() != nil && len(calls) != 0 {
			t.Errorf("the walk, which ended with %v, called %v", ended.Err(), calls)
		}
		cancel()
	}
}
