package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserContext is the browser of all tests, or nil without one.
var browserContext context.Context

// missing is why there is no browser.
var missing error

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	path, err := findChrome()
	if err != nil {
		missing = err
		return m.Run()
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // which needs rights that containers do not have
		chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)...)
	defer cancel()
	ctx, end := chromedp.NewContext(allocator)
	defer end()
	if err := chromedp.Do(ctx); err != nil {
		missing = fmt.Errorf("%s does not start: %w", path, err)
		return m.Run()
	}
	browserContext = ctx
	return m.Run()
}

func findChrome() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no browser; as root: apt-get install --no-install-recommends chromium")
}

// unavailable skips the test, or fails it if CI=true.
func unavailable(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// screen is a window and the theme that its user prefers.
type screen struct {
	width int
	theme string
}

func (s screen) String() string { return fmt.Sprintf("%d px, %s", s.width, s.theme) }

// screens are a small phone, a phone and a desktop, in both themes.
var screens = []screen{{320, "light"}, {320, "dark"}, {390, "light"}, {390, "dark"}, {1280, "light"}, {1280, "dark"}}

// height is that of every screen.
const height = 844

// tab is an open page. Its faults are what the browser complains about.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	faults   []string // guarded by mu
	received int64    // bytes over the network; guarded by mu
	origin   string
}

// open returns an empty tab of the screen, which the test closes when it ends.
// Then the test fails if the page had faults.
func open(t *testing.T, s screen) *tab {
	t.Helper()
	if browserContext == nil {
		unavailable(t, missing)
	}
	b := &tab{t: t}
	tabContext, cancel := chromedp.NewContext(browserContext, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.event))
	ctx, stop := context.WithTimeout(tabContext, 2*time.Minute)
	b.ctx = ctx
	t.Cleanup(func() {
		stop()
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, fault := range b.faults {
			t.Errorf("%v: the browser reports: %s", s, fault)
		}
	})
	b.do(
		command(network.Enable, network.EnableParams{}),
		command(log.Enable, cdp.Empty{}),
		command(performance.Enable, performance.EnableParams{TimeDomain: "threadTicks"}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.theme}},
		}),
		command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(s.width), Height: height, DeviceScaleFactor: 1, Mobile: s.width < 600,
		}))
	return b
}

// command returns the action that sends a command without a result.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

func (b *tab) event(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			fault += " " + e.ExceptionDetails.Exception.Description
		}
		b.faults = append(b.faults, fault)
	case *log.EventEntryAdded: // among them violations of the security policy
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			b.faults = append(b.faults, e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, b.origin) && !strings.HasPrefix(e.Request.URL, "data:") {
			b.faults = append(b.faults, "a request leaves the server: "+e.Request.URL)
		}
	case *network.EventLoadingFinished:
		b.received += int64(e.EncodedDataLength)
	}
}

// bytes returns how many bytes the responses had so far, headers included.
func (b *tab) bytes() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.received
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// visit opens an address and waits until the page has loaded.
func (b *tab) visit(address string) {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	b.origin = u.Scheme + "://" + u.Host + "/"
	b.mu.Unlock()
	b.do(chromedp.Navigate(address))
}

// eval returns the value of a JavaScript expression, which may be a promise.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	val, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return val
}

// until waits for a JavaScript expression to be true, also across a change of
// the page.
func (b *tab) until(expression string) {
	b.t.Helper()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		done, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression)) // fails while a page loads
		if done {
			return
		}
		select {
		case <-poll.C:
		case <-b.ctx.Done():
			b.t.Fatalf("waiting for %s: %v", expression, err)
		}
	}
}
