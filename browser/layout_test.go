package browser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// eachScreen runs a test on every screen.
func eachScreen(t *testing.T, test func(t *testing.T, s screen)) {
	t.Helper()
	for _, s := range screens {
		t.Run(s.String(), func(t *testing.T) { test(t, s) })
	}
}

// On a phone, cells that may break anywhere beside one that has a least width
// become columns of single letters.
func TestStatisticsFitAPhone(t *testing.T) {
	site := newSite(t, 300)
	visit := func(t *testing.T, s screen) *tab {
		b := open(t, s)
		b.visit(site.URL + "/stats")
		return b
	}
	desktop := eval[float64](visit(t, screen{1280, "light"}), "document.documentElement.scrollHeight")
	eachScreen(t, func(t *testing.T, s screen) {
		b := visit(t, s)
		if high := eval[float64](b, "document.documentElement.scrollHeight"); high >= 3*desktop {
			t.Errorf("the page is %v px high, want less than three times the %v px on a desktop", high, desktop)
		}
		wantNoOverflow(t, b, "/stats")
		wantWideCells(t, b)
	})
}

// wantNoOverflow fails if the page is wider than the screen.
func wantNoOverflow(t *testing.T, b *tab, path string) {
	t.Helper()
	if over := eval[float64](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		t.Errorf("%s is %v px wider than the screen", path, over)
	}
}

// wantWideCells fails if a cell is narrower than eight characters of its text.
func wantWideCells(t *testing.T, b *tab) {
	t.Helper()
	const narrow = `[...document.querySelectorAll("tbody th, tbody td")].filter(cell => {
		const canvas = wantWideCells.canvas ??= document.createElement("canvas").getContext("2d");
		canvas.font = getComputedStyle(cell).font;
		return cell.clientWidth < canvas.measureText("nnnnnnnn").width;
	}).length`
	if n := eval[int](b, "globalThis.wantWideCells = {}, "+narrow); n > 0 {
		t.Errorf("%d cells are narrower than eight characters", n)
	}
}

func TestNoPageIsWiderThanTheScreen(t *testing.T) {
	site := newSite(t, 20)
	eachScreen(t, func(t *testing.T, s screen) {
		b := open(t, s)
		for _, path := range pages {
			b.visit(site.URL + path)
			wantNoOverflow(t, b, path)
		}
	})
}

// A head sticks to the nearest element that scrolls, also if that element
// never needs to.
func TestHeadsOfTablesStick(t *testing.T) {
	site := newSite(t, 60)
	eachScreen(t, func(t *testing.T, s screen) {
		b := open(t, s)
		for _, path := range []string{"/stats", "/funcs", "/traces"} {
			b.visit(site.URL + path)
			const top = `(scrollTo(0, 1000), scrollY === 1000 && document.querySelector("thead th").getBoundingClientRect().top)`
			if at, ok := eval[any](b, top).(float64); !ok || at < 0 || at > 40 {
				t.Errorf("%s: after scrolling the head of the table is at %v px, want the top of the screen", path, at)
			}
			const front = `(box => !!document.elementFromPoint(box.left + 5, box.top + 5)?.closest("thead"))(document.querySelector("thead th").getBoundingClientRect())`
			if !eval[bool](b, front) {
				t.Errorf("%s: something covers the head of the table", path)
			}
		}
	})
}

// pages are the pages that a user reads.
var pages = []string{"/", "/ps", "/funcs", "/funcs?q=absent", "/stats", "/traces", "/trace"}

// violation is a finding of axe-core.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML string `json:"html"`
	} `json:"nodes"`
}

// axe returns the source of axe-core, which .ci/servers installs.
func axe(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("..", ".cache", "axe.js"))
	if err != nil {
		unavailable(t, err)
	}
	return string(script)
}

func TestPagesAreAccessible(t *testing.T) {
	script := axe(t)
	site := newSite(t, 12)
	eachScreen(t, func(t *testing.T, s screen) {
		b := open(t, s)
		for _, path := range pages {
			b.visit(site.URL + path)
			wantAccessible(t, b, script, path)
		}
	})
}

// wantAccessible fails for every serious or critical finding of axe-core.
func wantAccessible(t *testing.T, b *tab, script, path string) {
	t.Helper()
	eval[any](b, script+"; null")
	found := eval[string](b, `axe.run({resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`)
	var violations []violation
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		if v.Impact == "serious" || v.Impact == "critical" {
			t.Errorf("%s: %s (%s): %s: %d elements, the first is %.200s", path, v.ID, v.Impact, v.Help, len(v.Nodes), strings.TrimSpace(v.Nodes[0].HTML))
		}
	}
}
