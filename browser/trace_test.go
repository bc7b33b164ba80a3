package browser

import (
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
