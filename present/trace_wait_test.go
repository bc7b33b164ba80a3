package present_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// A placeholder that says 30s does not make the form send it.
func TestFormOfTracesWaitsForThirtySeconds(t *testing.T) {
	page := render(t, monkit.NewRegistry(), "/trace")
	for _, want := range []string{
		`<input name="timeout" size="6" value="30s">`, `<input name="min_duration" size="6" value=""`,
		`<button formaction="./trace/wait" name="as" value="svg">Draw</button>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the form lacks %s:\n%s", want, page)
		}
	}
	filled := render(t, monkit.NewRegistry(), "/trace?regex=a%22b&trace_id=2b&min_duration=1s&timeout=5s")
	for _, want := range []string{`value="a&#34;b"`, `value="2b"`, `value="1s"`, `value="5s"`} {
		if !strings.Contains(filled, want) {
			t.Errorf("the form lacks %s:\n%s", want, filled)
		}
	}
}

type noSpans struct{}

func (noSpans) Start(*monkit.Span)                          {}
func (noSpans) Finish(*monkit.Span, error, bool, time.Time) {}

func TestExportIsOfferedWhereAnExporterIs(t *testing.T) {
	const button = ">Export</button>"
	r := monkit.NewRegistry()
	offered := func() bool { return strings.Contains(render(t, r, "/trace"), button) }
	if offered() {
		t.Error("Export is offered without an exporter")
	}
	cancelOne := tracing.ObserveSampledTraces(r, nil, noSpans{})
	cancelOther := tracing.ObserveSampledTraces(r, nil, noSpans{})
	cancelOne()
	cancelOne()
	if !offered() {
		t.Error("Export is not offered with an exporter")
	}
	if strings.Contains(render(t, monkit.NewRegistry(), "/trace"), button) {
		t.Error("Export is offered for another registry")
	}
	if cancelOther(); offered() {
		t.Error("Export is offered after the exporter has ended")
	}
}

func TestPageShowsWhatItWaitsFor(t *testing.T) {
	for as, want := range map[string]string{
		"svg":    `<svg xmlns="http://www.w3.org/2000/svg" class="trace"`,
		"json":   `<pre>[`,
		"remote": `&#34;trace_id_hex&#34;:&#34;000000000000002b&#34;}</pre>`,
		"":       `<svg xmlns="http://www.w3.org/2000/svg" class="trace"`,
	} {
		t.Run(as, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := monkit.NewRegistry()
				r.ScopeNamed("my/scope").FuncNamed("Outer")
				p, contentType := begin(t, r, "/trace/wait?regex=Ou<b>|Outer&min_duration=0s&trace_id=2b&as="+as)
				synctest.Wait()
				before := p.String()
				for _, want := range []string{
					"Waiting up to 30s for the next run of a function whose name matches <code>Ou&lt;b&gt;|Outer</code> in the trace <code>2b</code> that takes 0s or longer, since ",
					`<a href="../trace?min_duration=0s&amp;preselect=&amp;regex=Ou%3Cb%3E%7COuter&amp;timeout=30s&amp;trace_id=2b">`,
					`<a href="../funcs">Functions</a>`,
				} {
					if !strings.Contains(before, want) {
						t.Errorf("before the trace the page lacks %s:\n%s", want, before)
					}
				}
				traced(r, 43)
				<-p.done
				after := strings.TrimPrefix(p.String(), before)
				if p.err != nil || contentType != "text/html; charset=utf-8" || !strings.Contains(after, want) || !strings.HasSuffix(strings.TrimSpace(after), "</html>") {
					t.Errorf("%v, %s, with the trace the page has\n%s\nwant %s", p.err, contentType, after, want)
				}
			})
		})
	}
}

func TestPageThatWaitsInVainShowsWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		began := time.Now()
		w := httptest.NewRecorder()
		present.HTTP(r).ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), "GET", "/trace/wait?trace_id=1", nil))
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("the page waited for %s", took)
		}
		body := w.Body.String()
		if !strings.Contains(body, `<p role="alert" class="bad">Service Unavailable: `) || !strings.Contains(body, `<a href="../funcs">Functions</a>`) {
			t.Errorf("the page is\n%s", body)
		}
	})
}

// An address that a browser opens directly has a page with navigation, too.
func TestTimeoutIsAPageInABrowser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := httptest.NewRequest("GET", "/trace/svg?trace_id=1&timeout=1s", nil)
		r.Header.Set("Accept", browser)
		w := httptest.NewRecorder()
		present.HTTP(monkit.NewRegistry()).ServeHTTP(w, r)
		if w.Code != 503 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(w.Body.String(), `<a href="../funcs">Functions</a>`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestOnlyPagesWithDrawingsAllowTheirStyle(t *testing.T) {
	h := present.HTTP(monkit.NewRegistry())
	for path, want := range map[string]bool{"/funcs/html": false, "/trace/svg?trace_id=1&timeout=1ms": true, "/trace/wait?trace_id=1&timeout=1ms": true} {
		policy := ask(h, "GET", path, browser).Header.Get("Content-Security-Policy")
		if got := strings.Contains(policy, tracing.SVGStyleSource()); got != want {
			t.Errorf("%s has the policy %s", path, policy)
		}
	}
}
