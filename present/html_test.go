package present_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

var rowHead = regexp.MustCompile(`<th scope="row">([^<]*)`)

// rows returns the heads of the rows of the table on a page.
func rows(page string) (heads []string) {
	for _, m := range rowHead.FindAllStringSubmatch(page, -1) {
		heads = append(heads, m[1])
	}
	return heads
}

// busy returns a registry with three functions that differ in every column.
func busy(t *testing.T) *monkit.Registry {
	t.Helper()
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	for range 3 {
		call(context.Background(), s.FuncNamed("Often"), nil)
	}
	for range 2 {
		call(context.Background(), s.FuncNamed("Fails"), context.Canceled)
	}
	ctx := context.Background()
	finish := s.FuncNamed("Still").Task(&ctx)
	t.Cleanup(func() { finish(nil) })
	return r
}

func TestFunctionsAreSorted(t *testing.T) {
	r := busy(t)
	for _, tt := range []struct{ sort, first string }{
		{"", "s.Fails"}, // by name
		{"name", "s.Fails"},
		{"nonsense", "s.Fails"},
		{"calls", "s.Often"},
		{"errors", "s.Fails"},
		{"current", "s.Still"},
		{"p50", "s.Often"},
	} {
		t.Run(tt.sort, func(t *testing.T) {
			got := rows(render(t, r, "/funcs/html?sort="+tt.sort))
			if len(got) != 3 || got[0] != tt.first {
				t.Errorf("got %q, want %s first", got, tt.first)
			}
		})
	}
}

func TestRowsAreFiltered(t *testing.T) {
	r := busy(t)
	r.ScopeNamed("other").Counter("jobs").Inc(1)
	for _, tt := range []struct {
		page, filter string
		want         []string
	}{
		{"/funcs/html", "", []string{"s.Fails", "s.Often", "s.Still"}},
		{"/funcs/html", "OFTEN", []string{"s.Often"}},
		{"/funcs/html", "s. ft", []string{"s.Often"}},
		{"/funcs/html", "absent", nil},
		{"/stats/html", "jobs", []string{"jobs"}},
		{"/stats/html", "scope=other", []string{"jobs"}},
		{"/stats/html", "function_ still kind=failure", []string{"function_times,kind=failure,name=Still"}},
	} {
		t.Run(tt.page+" "+tt.filter, func(t *testing.T) {
			page := render(t, r, tt.page+"?q="+strings.ReplaceAll(tt.filter, " ", "+"))
			if got := rows(page); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.want == nil && !strings.Contains(page, "Nothing matches “absent”.") {
				t.Error("an empty page does not say that nothing matches")
			}
		})
	}
}

func TestFilterKeepsWholeTreesOfSpans(t *testing.T) {
	r := world(t)
	for filter, want := range map[string]int{"Inner": 2, "Outer": 2, "absent": 0} {
		if got := strings.Count(render(t, r, "/ps/html?q="+filter), "<li>"); got != want {
			t.Errorf("%s: %d spans, want %d", filter, got, want)
		}
	}
}

// More rows would hang the browser.
func TestLongPagesAreCut(t *testing.T) {
	const extra = 7
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	ctx := context.Background()
	for i := range present.MaxRows + extra {
		f := s.FuncNamed(fmt.Sprintf("F%d", i))
		each := ctx
		finish := f.Task(&each)
		defer finish(nil)
	}
	for _, tt := range []struct{ page, row, note string }{
		{"/funcs/html", `scope="row"`, fmt.Sprintf("The first %d of %d are shown", present.MaxRows, present.MaxRows+extra)},
		{"/stats/html", `scope="row"`, fmt.Sprintf("The first %d of ", present.MaxRows)},
		{"/ps/html", "<li>", fmt.Sprintf("The first %d of %d are shown", present.MaxRows, present.MaxRows+extra)},
	} {
		page := render(t, r, tt.page)
		if got := strings.Count(page, tt.row); got != present.MaxRows {
			t.Errorf("%s has %d rows, want %d", tt.page, got, present.MaxRows)
		}
		if !strings.Contains(page, tt.note) {
			t.Errorf("%s does not say %q", tt.page, tt.note)
		}
	}
	if got := strings.Count(render(t, r, "/funcs"), "parents:"); got != present.MaxRows+extra {
		t.Errorf("/funcs has %d functions, want all %d", got, present.MaxRows+extra)
	}
}

func TestDeepTreeIsCut(t *testing.T) {
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("Recursive")
	ctx := context.Background()
	for range present.MaxRows + 10 {
		defer f.Task(&ctx)(nil)
	}
	if got := strings.Count(render(t, r, "/ps/html"), "<li>"); got != present.MaxRows {
		t.Errorf("%d spans are shown, want %d", got, present.MaxRows)
	}
}

func TestOrphansAreMarked(t *testing.T) {
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	ctx := context.Background()
	finishParent := s.FuncNamed("Parent").Task(&ctx)
	finishChild := s.FuncNamed("Child").Task(&ctx)
	defer finishChild(nil)
	finishParent(nil)
	for path, want := range map[string]string{
		"/ps":      ", orphaned)",
		"/ps/json": `"orphaned":true`,
		"/ps/dot":  `orphaned\l`,
		"/ps/html": "<em>orphaned</em>",
	} {
		if page := render(t, r, path); !strings.Contains(page, want) {
			t.Errorf("%s has no %s:\n%s", path, want, page)
		}
	}
}

func TestDurationsAndNumbersAreShortened(t *testing.T) {
	for _, tt := range []struct {
		val  time.Duration
		want string
	}{
		{0, "0s"}, {999, "999ns"}, {1234, "1.23µs"}, {1235678, "1.24ms"}, {12*time.Second + 345678*time.Microsecond, "12.3s"},
		{-1234567, "-1.23ms"}, {time.Hour + 2*time.Minute + 3*time.Second, "1h2m0s"}, {1<<63 - 1, "2561111h6m40s"},
	} {
		if got := present.ShortDuration(tt.val); got != tt.want {
			t.Errorf("%d is %s, want %s", tt.val, got, tt.want)
		}
	}
	for val, want := range map[float64]string{0: "0", 3: "3", -3: "-3", 1e9: "1000000000", 0.1234567: "0.123457", 1e300: "1e+300"} {
		if got := present.ShortNumber(val); got != want {
			t.Errorf("%v is %s, want %s", val, got, want)
		}
	}
}

var columnHead = regexp.MustCompile(`<th scope="col"[^>]*>(?:<a [^>]*>)?([^<]*)`)

// On a phone, where each row is a block, the stylesheet writes the names of the
// columns before the cells.
func TestStylesheetNamesTheColumns(t *testing.T) {
	style := render(t, monkit.NewRegistry(), "/ui/style.css")
	for name, page := range map[string]string{
		"funcs":  render(t, busy(t), "/funcs/html"),
		"traces": tracesPage(t),
	} {
		heads := columnHead.FindAllStringSubmatch(page, -1)
		if len(heads) < 5 {
			t.Errorf("%s has the columns %q", name, heads)
		}
		for i, head := range heads[1:] {
			if want := fmt.Sprintf(".%s td:nth-child(%d)::before { content: %q; }", name, i+2, head[1]); !strings.Contains(style, want) {
				t.Errorf("the stylesheet lacks %s", want)
			}
		}
	}
}

// tracesPage returns the page of a Recorder without traces.
func tracesPage(t *testing.T) string {
	t.Helper()
	r := monkit.NewRegistry()
	recorder := tracing.NewRecorder(r, tracing.RecorderOptions{})
	defer recorder.Close()
	w := httptest.NewRecorder()
	present.HTTPWith(r, present.Options{Recorder: recorder}).ServeHTTP(w, httptest.NewRequest("GET", "/traces/html", nil))
	return w.Body.String()
}
