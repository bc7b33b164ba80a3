package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
)

// numbers is a server of a page that live.js updates. Its lines have names and
// texts; their numbers are their places.
type numbers struct {
	mu        sync.Mutex
	numbering string         // guarded by mu
	names     []string       // guarded by mu
	filter    func(q string) // called for each page that has a filter, if not nil
	asked     int            // guarded by mu; how often the page asked for changes
}

// newNumbers serves the lines until the test ends.
func newNumbers(t *testing.T, names ...string) (*numbers, string) {
	t.Helper()
	n := &numbers{numbering: "first", names: names}
	m := http.NewServeMux()
	m.HandleFunc("GET /live.js", serveScript)
	m.HandleFunc("GET /{$}", n.servePage)
	m.HandleFunc("GET /changes", n.serveChanges)
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	return n, server.URL + "/"
}

func serveScript(w http.ResponseWriter, r *http.Request) {
	http.ServeFile(w, r, "../internal/web/live.js")
}

// restart makes the server that of another process, with other lines.
func (n *numbers) restart(names ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.numbering, n.names = n.numbering+" and another", names
}

func (n *numbers) requests() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

func (n *numbers) servePage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	if q != "" && n.filter != nil {
		n.filter(q)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>numbers</title><script src="live.js" defer></script></head>
<body><input id="q"><main id="live" data-changes="changes" data-numbering="%s" data-generation="1"><a href="?q=x">x</a>`, n.numbering)
	for i, name := range n.names {
		if strings.Contains(name, q) {
			fmt.Fprintf(w, `<ul data-ids="%d"><li title="%s">%[2]s <span class="value">%[2]s of the page</span> <span class="rate"></span> <svg width="9" height="9"></svg></li></ul>`, i, name)
		}
	}
	fmt.Fprint(w, `</main></body></html>`)
}

// serveChanges answers with all lines that the page asks for, also if they are of
// another numbering, and rejects requests for more than the demo allows.
func (n *numbers) serveChanges(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	lines, sparklines := map[string][]string{}, map[string]string{}
	each := func(key string, do func(id, name string)) {
		ids := strings.Split(r.URL.Query().Get(key), ",")
		if len(ids) > 300 {
			http.Error(w, "more than 300 lines", http.StatusBadRequest)
		}
		for i, name := range n.names {
			for _, id := range ids {
				if id == fmt.Sprint(i) {
					do(id, name)
				}
			}
		}
	}
	each("ids", func(id, name string) { lines[id] = []string{fmt.Sprintf("%s %d", name, n.asked), ""} })
	each("sparklines", func(id, name string) {
		sparklines[id] = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>` + name + `</title></svg>`
	})
	json.NewEncoder(w).Encode(map[string]any{"numbering": n.numbering, "generation": n.asked, "lines": lines, "sparklines": sparklines})
}

// strange has the rows whose texts are those of another line.
const strange = `[...document.querySelectorAll("li")].filter(li => !li.querySelector(".value").textContent.startsWith(li.title + " "))`

func TestPageOfARestartedServerNeverShowsTextsOfOtherLines(t *testing.T) {
	n, address := newNumbers(t, "alpha", "beta", "gamma")
	b := open(t, screen{1280, "light"})
	b.visit(address)
	b.until(`document.querySelectorAll("li .value")[1].textContent.startsWith("beta ") && document.querySelectorAll("svg title").length === 3`)
	eval[any](b, `window.strange = 0, document.querySelector("main a").focus(),
		new MutationObserver(() => { window.strange += `+strange+`.length; }).observe(document.body, {childList: true, characterData: true, subtree: true})`)
	n.restart("gamma", "delta", "alpha")
	b.until(`[...document.querySelectorAll("li")].map(li => li.title).join() === "gamma,delta,alpha"`)
	asked := n.requests()
	for n.requests() < asked+2 {
		b.until(strange + `.length === 0`)
	}
	if found := eval[int](b, "window.strange"); found > 0 {
		t.Errorf("rows had the texts of other lines %d times", found)
	}
	if at := eval[string](b, `document.activeElement.outerHTML`); !strings.HasPrefix(at, "<a ") {
		t.Errorf("a link had the focus before the list became another one, and now %s", at)
	}
}

func TestAllLinesOfATallScreenChange(t *testing.T) {
	const count = 700
	var names []string
	for i := range count {
		names = append(names, fmt.Sprintf("line%d", i))
	}
	n, address := newNumbers(t, names...)
	b := open(t, screen{1280, "light"})
	b.do(command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 60_000, DeviceScaleFactor: 1}))
	b.visit(address)
	// Three requests for the texts, and as many with sparklines.
	b.until(fmt.Sprintf(`[...document.querySelectorAll("li .value")].filter(e => / \d+$/.test(e.textContent)).length === %d`, count))
	b.until(fmt.Sprintf(`document.querySelectorAll("svg title").length === %d`, count))
	// From now on no line is older than the three requests that are needed for all.
	before := n.requests()
	for n.requests() < before+6 {
		time.Sleep(50 * time.Millisecond)
	}
	oldest := eval[int](b, `Math.min(...[...document.querySelectorAll("li .value")].map(e => Number(e.textContent.split(" ")[1])))`)
	if oldest < before+6-4 {
		t.Errorf("after request %d a line has the text of request %d", before+6, oldest)
	}
}

// The refresh that comes while the list of a filter is under way cancels it.
func TestListOfAFilterIsRepeatedAfterARefresh(t *testing.T) {
	n, address := newNumbers(t, "alpha", "beta")
	var first sync.Once
	n.filter = func(string) { first.Do(func() { time.Sleep(2500 * time.Millisecond) }) }
	b := open(t, screen{1280, "light"})
	b.visit(address)
	b.until(`document.querySelectorAll("li .value")[1].textContent.startsWith("beta ")`)
	eval[any](b, `q.value = "bet", q.dispatchEvent(new Event("input")), null`)
	b.until(`[...document.querySelectorAll("li")].map(li => li.title).join() === "beta"`)
}

func TestPageOfAnotherProgramIsNoAnswer(t *testing.T) {
	var mu sync.Mutex
	page := `<main id="live">1</main>`
	serve := func(body string) {
		mu.Lock()
		defer mu.Unlock()
		page = body
	}
	m := http.NewServeMux()
	m.HandleFunc("GET /live.js", serveScript)
	m.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><head><title>numbers</title><script src="live.js" defer></script></head><body>`+page+`</body></html>`)
	})
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	b := open(t, screen{1280, "light"})
	b.visit(server.URL + "/")
	const state = `document.querySelector(".status [role=status]").textContent`
	b.until(state + ` === "live"`)
	serve(`<p>another program</p>`)
	b.until(state + `.startsWith("no answer since ") && document.getElementById("live").textContent === "1"`)
	serve(`<main id="live">2</main>`)
	b.until(state + ` === "live" && document.getElementById("live").textContent === "2"`)
}
