package present_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// start opens a span of the function name, which ends with the test.
func start(t *testing.T, ctx context.Context, r *monkit.Registry, name string, args ...any) (context.Context, *monkit.Span) {
	t.Helper()
	finish := r.ScopeNamed("s").FuncNamed(name).Task(&ctx, args...)
	t.Cleanup(func() { finish(nil) })
	return ctx, monkit.SpanFromCtx(ctx)
}

// The oldest of 500 spans, which hangs, must not be the 484th.
func TestOldestSpansAreFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		ctx, _ := start(t, t.Context(), r, "Z") // the last by its name, the first by its age
		for _, name := range []string{"Y", "X"} {
			time.Sleep(time.Second)
			start(t, ctx, r, name)
		}
		time.Sleep(time.Second)
		start(t, t.Context(), r, "A")
		for _, path := range []string{"/ps", "/ps/json", "/ps/dot", "/ps/html"} {
			page := render(t, r, path)
			var at []int
			for _, name := range []string{"Z", "Y", "X", "A"} {
				found := regexp.MustCompile(`(s\.|s&#46;|"name":")` + name + `\b`).FindStringIndex(page)
				if found == nil {
					t.Fatalf("%s lacks %s:\n%s", path, name, page)
				}
				at = append(at, found[0])
			}
			if !slices.IsSorted(at) {
				t.Errorf("%s: the spans Z, Y, X, A are at %d", path, at)
			}
		}
	})
}

func TestRootsThatAreAlikeAreOneRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		var first *monkit.Span
		for i := range 484 {
			ctx, s := start(t, t.Context(), r, "Handle", i)
			if i == 0 {
				first = s
			}
			start(t, ctx, r, "Query")
			time.Sleep(time.Second)
		}
		start(t, t.Context(), r, "Handle", "without children")
		page := render(t, r, "/ps/html")
		for _, want := range []string{
			`<b class="count">484 ×</b> <code>s.Handle(0)</code> oldest <b title="8m4s">8m4s</b>`,
			"<small>span " + tracing.SpanID(first.Id()) + ", trace " + tracing.TraceID(first.Trace()) + "</small>",
			fmt.Sprintf("<summary>%d of 483 others, the oldest first</summary><ul>\n<li><code>s.Handle(1)</code> <b title=\"8m3s\">", present.MaxAlike),
			`<li><code>s.Handle(&#34;without children&#34;)</code> <b title="0s">0s</b>`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %s:\n%.3000s", want, page)
			}
		}
		if n := strings.Count(page, "<li>"); n != 3+present.MaxAlike {
			t.Errorf("%d rows", n)
		}
		if strings.Contains(page, "are shown") {
			t.Error("the page says that spans are left out")
		}
		if n := strings.Count(render(t, r, "/ps"), "s.Handle("); n != 485 {
			t.Errorf("the text has %d roots, want all 485", n)
		}
		filtered := render(t, r, "/ps/html?q=handle(7)")
		if strings.Count(filtered, "s.Handle(") != 1 || !strings.Contains(filtered, "s.Handle(7)") {
			t.Errorf("the filter shows %.2000s", filtered)
		}
	})
}

// Logs have ids in hexadecimal, and the page is where they are looked up.
func TestIDsOfSpansAreThoseOfLogs(t *testing.T) {
	r := monkit.NewRegistry()
	_, s := start(t, t.Context(), r, "F")
	span, trace := tracing.SpanID(s.Id()), tracing.TraceID(s.Trace())
	for path, want := range map[string]string{
		"/ps":      "[" + span + "," + trace + "] s.F()",
		"/ps/json": `"id_hex":"` + span + `"`,
		"/ps/html": "span " + span + ", trace " + trace,
	} {
		if page := render(t, r, path); !strings.Contains(page, want) {
			t.Errorf("%s lacks %s:\n%s", path, want, page)
		}
	}
	if page := render(t, r, "/ps/html"); strings.Contains(page, fmt.Sprint(s.Id())) {
		t.Errorf("the page has an id in decimal:\n%s", page)
	}
}

// Programs that replace monkit/v3 parse the ids of present/spans.go there.
func TestDecimalIDsAreThoseOfMonkitV3(t *testing.T) {
	r := monkit.NewRegistry()
	_, s := start(t, t.Context(), r, "F")
	want := fmt.Sprintf("[%d,%d] s.F() (elapsed: ", s.Id(), s.Trace().Id())
	var direct strings.Builder
	if err := present.SpansTextDecimal(r, &direct); err != nil {
		t.Fatal(err)
	}
	write, _, err := present.FromRequestWith(r, present.Options{DecimalIDs: true}, "/ps", nil)
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	if err := write(&page); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"function": direct.String(), "page": page.String()} {
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestManySpansAreReadOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 2000
		r := monkit.NewRegistry()
		h := present.HTTP(r)
		shown := func() (n int) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/ps/json", nil))
			var spans []json.RawMessage
			if err := json.Unmarshal(w.Body.Bytes(), &spans); err != nil {
				t.Fatal(err)
			}
			return len(spans)
		}
		for want := 1; want <= 3; want++ { // few are read each time
			if start(t, t.Context(), r, "F"); shown() != want {
				t.Errorf("%d spans are shown at once, want %d", shown(), want)
			}
		}
		for range many {
			start(t, t.Context(), r, "F")
		}
		before := shown()
		start(t, t.Context(), r, "F")
		time.Sleep(time.Second - 1)
		if got := shown(); got != before || got != many+3 {
			t.Errorf("%d spans within a second, want %d as before", got, before)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := shown(); got != before+1 {
			t.Errorf("%d spans after a second, want %d", got, before+1)
		}
	})
}

// Readers share a snapshot also if some of them may not see all texts.
func TestSharedSpansKeepTextsHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		for range 1000 {
			start(t, t.Context(), r, "F", "secret text")
		}
		h := present.HTTP(r)
		page := func(host, path string) string {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+path, nil))
			return w.Body.String()
		}
		for _, path := range []string{"/ps", "/ps/json", "/ps/dot", "/ps/html", "/ps/html?q=F", "/ps/html?q=secret"} {
			for _, host := range []string{"localhost", "evil.example", "localhost", "evil.example"} {
				if got := page(host, path); strings.Contains(got, "secret text") != (host == "localhost") {
					t.Errorf("%s for %s:\n%.1000s", path, host, got)
				}
			}
		}
		if got := page("evil.example", "/ps/html?q=secret"); strings.Contains(got, "<li>") {
			t.Errorf("the filter finds hidden texts:\n%.1000s", got)
		}
	})
}

// endsLater is a context that ends when it has been asked for its error left
// times.
type endsLater struct {
	context.Context
	left int
}

func (e *endsLater) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// A snapshot that its walk did not complete is not shared.
func TestEndedWalkIsNotShared(t *testing.T) {
	const many, ends = 2000, 1500
	r := monkit.NewRegistry()
	for range many {
		start(t, t.Context(), r, "F")
	}
	if got := present.RootsOfWalks(r, &endsLater{t.Context(), ends}, t.Context()); got[0] == 0 || got[0] > ends || got[1] != many {
		t.Errorf("the walks find %d spans, want at most %d and %d", got, ends, many)
	}
}

// BenchmarkViewersOfManySpans has 20 viewers at once of 100 000 open spans.
func BenchmarkViewersOfManySpans(b *testing.B) {
	r := monkit.NewRegistry()
	for i := range 100_000 {
		ctx := b.Context()
		defer r.ScopeNamed("s").FuncNamed(fmt.Sprintf("Handle%d", i%50)).Task(&ctx, i)(nil)
	}
	b.ReportAllocs()
	for b.Loop() {
		h := present.HTTP(r) // which has no snapshot yet
		var viewers sync.WaitGroup
		for range 20 {
			viewers.Go(func() {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/ps/html", nil))
			})
		}
		viewers.Wait()
	}
}
