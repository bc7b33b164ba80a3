package present_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/hostile"
	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// retained runs one function for each name in runs, with the duration and the
// error of that name, and returns a handler that serves their traces.
func retained(t *testing.T, runs map[string]time.Duration, errs map[string]error) (http.Handler, *tracing.Recorder) {
	t.Helper()
	r := monkit.NewRegistry()
	rec := tracing.NewRecorder(r, tracing.RecorderOptions{})
	t.Cleanup(rec.Close)
	for name, d := range runs {
		func() {
			ctx, err := context.Background(), errs[name]
			defer r.ScopeNamed("s").FuncNamed(name).Task(&ctx, name)(&err)
			monkit.SpanFromCtx(ctx).Annotate(name, name)
			time.Sleep(d)
		}()
	}
	return present.HTTPWith(r, present.Options{Recorder: rec}), rec
}

func TestRetainedTracesAreShown(t *testing.T) {
	var h http.Handler
	var id string
	synctest.Test(t, func(t *testing.T) { // makes times exact
		var rec *tracing.Recorder
		h, rec = retained(t, map[string]time.Duration{"Quick": time.Millisecond}, map[string]error{"Quick": io.EOF})
		id = rec.Traces()[0].ID
	})
	const text, jsonType, html, svg = "text/plain; charset=utf-8", "application/json; charset=utf-8", "text/html; charset=utf-8", "image/svg+xml; charset=utf-8"
	for _, tt := range []struct {
		target, accept string
		status         int
		contentType    string
		has            string
	}{
		{"/", browser, 200, html, `href="./traces/json"`},
		{"/traces", "", 200, text, "s.Quick (began: 2000-01-01T00:0"},
		{"/traces", "", 200, text, ", took: 1ms, spans: 1, error: EOF, retained as: recent failed slow)\n"},
		{"/traces?q=failed", "", 200, text, "s.Quick"},
		{"/traces", browser, 200, html, `<td title="1ms">1ms</td>`},
		{"/traces/json", "", 200, jsonType, `"func":"s.Quick","start":`},
		{"/traces/svg?id=" + id, browser, 200, svg, "<svg "},
		{"/traces/spans?id=" + id, browser, 200, jsonType, `"finish":`},
		{"/traces/svg", "", 400, text, "'id'"},
		{"/traces/svg?id=nope%0a", "", 404, text, `"nope\n" is no longer retained`},
	} {
		t.Run(tt.target, func(t *testing.T) {
			resp := ask(h, "GET", tt.target, tt.accept)
			if got := body(t, resp); !strings.Contains(got, tt.has) {
				t.Errorf("no %q in\n%s", tt.has, got)
			}
			if resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != tt.contentType {
				t.Errorf("%d, %s", resp.StatusCode, resp.Header.Get("Content-Type"))
			}
		})
	}
}

func TestRetainedTracesAreSortedAndFiltered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := map[string]time.Duration{}
		for i := range 5 {
			runs[fmt.Sprint("F", i)] = time.Duration(i+1) * time.Second
		}
		h, rec := retained(t, runs, map[string]error{"F3": io.EOF})
		for _, tt := range []struct {
			query string
			want  []string
		}{
			{"sort=took", []string{"s.F4", "s.F3", "s.F2", "s.F1", "s.F0"}},
			{"q=failed", []string{"s.F3"}},
			{"q=eof", []string{"s.F3"}},
			{"q=nothing", nil},
		} {
			got := rows(body(t, ask(h, "GET", "/traces/html?"+tt.query, "")))
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("%s: %v, want %v", tt.query, got, tt.want)
			}
		}
		if got := rows(body(t, ask(h, "GET", "/traces/html", ""))); got[0] != rec.Traces()[0].Func {
			t.Errorf("%s is first, want the latest, %s", got[0], rec.Traces()[0].Func)
		}
	})
}

func TestWithoutRecorderTracesAreNotFound(t *testing.T) {
	h := present.HTTP(monkit.NewRegistry())
	if got := body(t, ask(h, "GET", "/", "")); strings.Contains(got, "traces") {
		t.Errorf("the index lists the page of traces:\n%s", got)
	}
	resp := ask(h, "GET", "/traces", browser)
	if got := body(t, resp); resp.StatusCode != http.StatusNotFound || !strings.Contains(got, "Recorder") {
		t.Errorf("%d: %s", resp.StatusCode, got)
	}
}

// More rows would hang the browser.
func TestLongPageOfTracesIsCut(t *testing.T) {
	const extra = 7
	runs := map[string]time.Duration{}
	for i := range present.MaxRows + extra { // one trace of each function, because a recorder bounds them by function
		runs[fmt.Sprint("F", i)] = 0
	}
	h, rec := retained(t, runs, nil)
	if n := len(rec.Traces()); n != len(runs) {
		t.Fatalf("%d traces are retained, want %d", n, len(runs))
	}
	page := body(t, ask(h, "GET", "/traces/html", ""))
	if n := len(rows(page)); n != present.MaxRows {
		t.Errorf("%d rows, want %d", n, present.MaxRows)
	}
	if note := fmt.Sprintf("The first %d of %d are shown", present.MaxRows, len(runs)); !strings.Contains(page, note) {
		t.Errorf("the page does not say %q", note)
	}
	if n := strings.Count(body(t, ask(h, "GET", "/traces", "")), "\n"); n != len(runs) {
		t.Errorf("the text has %d traces, want all %d", n, len(runs))
	}
}

func TestHostileTracesAreHarmless(t *testing.T) {
	tame, _ := retained(t, map[string]time.Duration{"F": 0}, map[string]error{"F": io.EOF})
	harmless := tagsOf(`<p role=note><input type="hidden" name="sort" value="">`)
	maps.Copy(harmless, tagsOf(body(t, ask(tame, "GET", "/traces/html", ""))))
	runs, errs := map[string]time.Duration{}, map[string]error{}
	for _, text := range hostile.Texts {
		runs[text], errs[text] = 0, errors.New(text)
	}
	h, rec := retained(t, runs, errs)
	for tag := range tagsOf(body(t, ask(h, "GET", "/traces/html", ""))) {
		if !harmless[tag] {
			t.Errorf("/traces/html has the tag %s", tag)
		}
	}
	if got := strings.Count(body(t, ask(h, "GET", "/traces", "")), "\n"); got != len(runs) {
		t.Errorf("%d lines, want %d", got, len(runs))
	}
	var all []map[string]any
	if err := json.Unmarshal([]byte(body(t, ask(h, "GET", "/traces/json", ""))), &all); err != nil || len(all) != len(runs) {
		t.Errorf("%v, %d traces", err, len(all))
	}
	for _, trace := range rec.Traces() {
		picture := body(t, ask(h, "GET", "/traces/svg?id="+trace.ID, ""))
		if err := xml.Unmarshal([]byte(picture), new(any)); err != nil {
			t.Errorf("%v in\n%s", err, picture)
		}
	}
}
