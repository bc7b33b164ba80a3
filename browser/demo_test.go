package browser

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// startDemo runs the demo with flags as a user does, and returns the address of
// its page. stop ends it.
func startDemo(t *testing.T, flags ...string) (address string, stop func()) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "monkit-relay")
	build := exec.Command("go", "build", "-o", program, "./cmd/monkit-relay")
	build.Dir = ".." // the main module, which has its requirements
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, append([]string{"demo"}, flags...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	lines := bufio.NewScanner(out)
	lines.Scan()
	address = regexp.MustCompile(`http://[^/]+/`).FindString(lines.Text())
	go func() {
		defer close(ended)
		for lines.Scan() { // so that the demo never waits for a reader
		}
		cmd.Wait() // the interrupt ends it
	}()
	if address == "" {
		t.Fatalf("the demo prints %q", lines.Text())
	}
	return address, stop
}

// settled opens the demo's page and waits until it lists the series that every
// demo has.
func settled(t *testing.T, s screen, address string) *tab {
	t.Helper()
	b := open(t, s)
	b.visit(address)
	b.until(`document.querySelectorAll("li[title]").length > 30 && document.querySelectorAll(".overview tr").length > 5`)
	return b
}

func TestDemoIsReadableOnEveryScreen(t *testing.T) {
	script := axe(t)
	address, _ := startDemo(t)
	eachScreen(t, func(t *testing.T, s screen) {
		b := settled(t, s, address+"?q=vlite+videos")
		wantNoOverflow(t, b, "the demo")
		wantAccessible(t, b, script, "the demo")
		const order = `[...document.querySelectorAll(".way, .overview, section h2")].map(e => e.className || e.tagName).slice(0, 3).join()`
		if got := eval[string](b, order); got != "way,overview,H2" {
			t.Errorf("the page has in this order: %s", got)
		}
	})
}

// cpuTime returns the processor time that the main thread of the page took so
// far, which is less than the time that passed on a busy machine.
func (b *tab) cpuTime() time.Duration {
	b.t.Helper()
	metrics, err := chromedp.Run(b.ctx, func(ctx context.Context, t *chromedp.Target) ([]*performance.Metric, error) {
		result, err := cdp.Call(ctx, t, performance.GetMetrics, cdp.Empty{})
		return result.Metrics, err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range metrics {
		if m.Name == "TaskDuration" {
			return time.Duration(m.Value * float64(time.Second))
		}
	}
	b.t.Fatal("the browser does not measure its main thread")
	return 0
}

func TestViewerOfTheDemoCostsLittle(t *testing.T) {
	address, _ := startDemo(t)
	b := settled(t, screen{1280, "light"}, address)
	// The list of series is complete after the first seconds.
	b.until(`performance.now() > 25_000`)
	bytes, busy, start := b.bytes(), b.cpuTime(), eval[float64](b, "performance.now()")
	b.until(`performance.now() > 40_000`)
	seconds := (eval[float64](b, "performance.now()") - start) / 1000
	rate := float64(b.bytes()-bytes) / seconds
	share := (b.cpuTime() - busy).Seconds() / seconds
	t.Logf("%.0f bytes/s, %.1f %% of the main thread", rate, 100*share)
	if rate > 20_000 {
		t.Errorf("a viewer takes %.0f bytes/s, want at most 20000", rate)
	}
	if share > .03 {
		t.Errorf("a viewer takes %.1f %% of the main thread, want at most 3 %%", 100*share)
	}
}

// A row keeps its numbers only as long as the process that gave them.
func TestOpenPageOfADemoThatRestartsHasItsNumbers(t *testing.T) {
	address, stop := startDemo(t)
	b := settled(t, screen{1280, "light"}, address)
	const numbering = `document.getElementById("live").dataset.numbering`
	before := eval[string](b, numbering)
	stop()
	startDemo(t, "-http", strings.Trim(strings.TrimPrefix(address, "http:"), "/"))
	b.until(numbering + ` !== "` + before + `" && document.querySelector(".status [role=status]").textContent === "live"`)
	const numbers = `Object.fromEntries([...page.querySelectorAll("ul[data-ids]")].flatMap(e => e.dataset.ids.split(",").map((id, i) => [e.children[i].title, id])))`
	const wrong = `fetch("/").then(r => r.text()).then(text => {
		const numbers = page => ` + numbers + `;
		const have = numbers(document), want = numbers(new DOMParser().parseFromString(text, "text/html"));
		return Object.keys(have).filter(name => have[name] !== want[name]).join("; ");
	})`
	if names := eval[string](b, wrong); names != "" {
		t.Errorf("these series have the numbers of others: %.300s", names)
	}
}

func TestPauseButtonShowsItsState(t *testing.T) {
	address, stop := startDemo(t)
	b := settled(t, screen{390, "dark"}, address)
	const state = `document.querySelector(".status [role=status]").textContent`
	const received = `document.querySelectorAll(".way dd")[1].textContent`
	b.until(state + ` === "live"`)
	before := eval[string](b, received)
	b.until(received + ` !== "` + before + `"`)

	b.do(chromedp.Click(chromedp.CSS(".status button")))
	b.until(state + `.startsWith("paused at ") && document.querySelector(".status button").textContent === "Resume"`)
	before = eval[string](b, received)
	eval[any](b, `new Promise(done => setTimeout(done, 2500))`)
	if after := eval[string](b, received); after != before {
		t.Errorf("a paused page changes %s to %s", before, after)
	}
	b.do(chromedp.Click(chromedp.CSS(".status button")))
	b.until(state + ` === "live" && document.querySelector(".status button").textContent === "Pause"`)

	eval[any](b, `getSelection().selectAllChildren(document.querySelector(".overview tbody th")), null`)
	b.until(state + `.endsWith(" while text is selected")`)
	eval[any](b, `getSelection().removeAllRanges()`)
	b.until(state + ` === "live"`)

	color := `getComputedStyle(document.querySelector(".way dd")).color`
	before = eval[string](b, color)
	stop()
	b.until(`/^no answer since \d\d:\d\d:\d\d$/.test(` + state + `)`)
	if after := eval[string](b, color); after == before {
		t.Errorf("the numbers of a server that went away still have the color %s", after)
	}
	if got := eval[string](b, "document.title"); !strings.HasSuffix(got, " (no answer)") {
		t.Errorf("the title is %q", got)
	}
}
