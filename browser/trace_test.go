package browser

import (
	"errors"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// failedTrace returns the address of the drawing of a trace with errors.
func (s site) failedTrace(t *testing.T) string {
	t.Helper()
	for _, trace := range s.recorder.Traces() {
		if trace.Err != "" {
			return s.URL + "/traces/svg?id=" + trace.ID
		}
	}
	t.Fatal("no trace failed")
	return ""
}

func TestDrawingsFollowThemeAndScreen(t *testing.T) {
	site := newSite(t, 12)
	address := site.failedTrace(t)
	eachScreen(t, func(t *testing.T, s screen) {
		b := open(t, s)
		b.visit(address)
		wantNoOverflow(t, b, address)
		const background = `getComputedStyle(document.querySelector(".paper")).fill`
		want := map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 27)"}[s.theme]
		if got := eval[string](b, background); got != want {
			t.Errorf("the background is %s, want %s", got, want)
		}
		const text = `[...document.querySelectorAll("text")].map(t => t.textContent).join("\n")`
		if got := eval[string](b, text); !strings.Contains(got, "error: cannot reconcile") {
			t.Errorf("the error is not among the texts:\n%s", got)
		}
		const outside = `[...document.querySelectorAll("text")].filter(t => (box => box.left < 0 || box.right > innerWidth)(t.getBoundingClientRect())).map(t => t.textContent).join("\n")`
		if got := eval[string](b, outside); got != "" {
			t.Errorf("texts reach beyond the screen:\n%s", got)
		}
		b.do(chromedp.Click(chromedp.CSS("a text")))
		b.until(`location.pathname === "/traces" && document.readyState === "complete"`)
	})
}

func TestFormShowsWhatItWaitsFor(t *testing.T) {
	site := newSite(t, 12)
	script := axe(t)
	eachScreen(t, func(t *testing.T, s screen) {
		b := open(t, s)
		b.visit(site.URL + "/trace")
		b.do(
			chromedp.SendKeys(chromedp.CSS("input[name=regex]"), "replication0.*Write"),
			chromedp.Click(chromedp.CSS("button[value=svg]")))
		b.until(`document.querySelector("[role=status]")?.textContent.startsWith("Waiting up to 30s")`)
		call(t.Context(), site.registry.ScopeNamed("company.example/platform/services/storage/replication0").FuncNamed("(*Store).Write"), errors.New("no room"))
		b.until(`document.querySelector("main svg.trace") !== null && document.readyState === "complete"`)
		wantNoOverflow(t, b, "the page with the trace")
		want := map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 27)"}[s.theme]
		if got := eval[string](b, `getComputedStyle(document.querySelector("main .paper")).fill`); got != want {
			t.Errorf("the background of the drawing is %s, want %s", got, want)
		}
		wantAccessible(t, b, script, "the page with the trace")
	})
}
