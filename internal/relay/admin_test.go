package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
)

// anyPort is the address of the admin pages of a test.
const anyPort = "127.0.0.1:0"

// answer is the response of a page.
type answer struct {
	code   int
	header http.Header
	body   string
}

func (r *running) get(t *testing.T, path string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(r.AdminURL(), "/")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true // an idle connection would be a leaked goroutine
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// startWithPages starts a relay with pages, which has accepted one line and
// rejected another.
func startWithPages(t *testing.T, cfg Config) *running {
	t.Helper()
	cfg.Listen, cfg.HTTP = []string{"graphite+udp://127.0.0.1:0"}, anyPort
	if cfg.Forward == nil {
		cfg.Forward = []string{"graphite+tcp://" + faultsink.NewTCP(t).Addr()}
	}
	r := start(t, cfg)
	write(t, dial(t, r.Addrs()[0]), "a.b 1 1700000000\nnonsense\n")
	waitFor(t, "the destination to accept the line", func() bool {
		l := r.Ledger()
		return l.Received().Received == 2 && l.Check() == nil
	})
	return r
}

func TestAdminPages(t *testing.T) {
	r := startWithPages(t, Config{Registry: monkit.NewRegistry()})
	defer r.stop(t)
	if got := r.get(t, "/").body; !regexp.MustCompile(`As of \d\d:\d\d:\d\d [^,]+, up for \d\d?s\.`).MatchString(got) {
		t.Errorf("the index lacks the time since the start:\n%s", got)
	}
	for _, tt := range []struct {
		path, kind, has string
		code            int
	}{
		{"/", "text/html", "<h2>Destinations</h2>", 200},
		{"/", "text/html", `<td class="bad">malformed=1</td>`, 200},
		{"/", "text/html", `<a href="mon/">`, 200},
		{"/bad", "text/html", "<code>nonsense</code>", 200},
		{"/bad?format=json", "application/json", `"text": "nonsense"`, 200},
		{"/bad?format=text", "text/plain", `format "text" is not known; write html or json`, 400},
		{"/ledger", "text/plain", "ledger: received=2 accepted=1 rejected=1(malformed=1)\n", 200},
		{"/ledger?format=json", "application/json", `"received": 2`, 200},
		{"/ledger?format=<b>", "text/plain", `format "<b>" is not known; write text or json`, 400},
		{"/healthz", "text/plain", "ok\n", 200},
		{"/readyz", "text/plain", "ok\n", 200},
		{"/style.css", "text/css", "--ink", 200},
		{"/live.js", "text/javascript", "refresh", 200},
		{"/mon/", "text/", "funcs", 200},
		{"/mon/stats", "text/", "relay_listener", 200},
		{"/", "text/html", `<a href="metrics">`, 200},
		{"/metrics", "text/plain; version=0.0.4", "\n# TYPE relay_listener_rejected_total counter\nrelay_listener_rejected_total{", 200},
		{"/metrics?format=openmetrics", "application/openmetrics-text; version=1.0.0", "\n# EOF\n", 200},
		{"/mon/metrics", "text/plain; version=0.0.4", "\nrelay_listener_rejected_total{", 200},
		{"/elsewhere", "text/plain", "not found", 404},
	} {
		got := r.get(t, tt.path)
		if got.code != tt.code || !strings.Contains(got.body, tt.has) || !strings.HasPrefix(got.header.Get("Content-Type"), tt.kind) {
			t.Errorf("%s: %d %s, want %q in\n%s", tt.path, got.code, got.header.Get("Content-Type"), tt.has, got.body)
		}
		if got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s lacks nosniff: %v", tt.path, got.header)
		}
		if tt.code == 200 && !strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s has no content security policy: %v", tt.path, got.header)
		}
	}
}

// TestReadmePages requests the pages that README.md lists for operators.
func TestReadmePages(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, listed, found := strings.Cut(string(text), "With `-http ")
	listed, _, ended := strings.Cut(listed, "\n\n")
	paths := regexp.MustCompile("`(/[^`]*)`").FindAllStringSubmatch(listed, -1)
	if !found || !ended || len(paths) == 0 {
		t.Fatal("README.md does not list the pages of -http")
	}
	r := startWithPages(t, Config{Registry: monkit.NewRegistry()})
	defer r.stop(t)
	for _, path := range paths {
		if got := r.get(t, path[1]); got.code != 200 {
			t.Errorf("%s is %d", path[1], got.code)
		}
	}
}

func TestAdminPagesRejectPosts(t *testing.T) {
	r := startWithPages(t, Config{})
	defer r.stop(t)
	for _, path := range []string{"/", "/ledger", "/bad", "/healthz"} {
		rec := httptest.NewRecorder()
		r.pages().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, path, nil))
		if rec.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
}

func TestPagesOnLoopbackAddressRejectOtherHosts(t *testing.T) {
	r := startWithPages(t, Config{})
	defer r.stop(t)
	for _, tt := range []struct {
		address, host string
		code          int
	}{
		{"127.0.0.1:9125", "127.0.0.1:9125", 200},
		{"127.0.0.1:9125", "localhost:9125", 200},
		{"[::1]:9125", "[::1]:9125", 200},
		{"127.0.0.1:9125", "rebound.example:9125", 403},
		{"[::1]:9125", "rebound.example", 403},
		{"0.0.0.0:9125", "relay.example:9125", 200},
		{"192.0.2.1:9125", "relay.example:9125", 200},
	} {
		var log strings.Builder
		r.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		req := httptest.NewRequest(http.MethodGet, "/ledger", nil)
		req.Host = tt.host
		rec := httptest.NewRecorder()
		r.adminHandler(tt.address).ServeHTTP(rec, req)
		if rec.Code != tt.code || strings.Contains(rec.Body.String(), "ledger:") != (tt.code == 200) {
			t.Errorf("%s as %s: %d %q", tt.address, tt.host, rec.Code, rec.Body)
		}
		if open := tt.host == "relay.example:9125"; strings.Contains(log.String(), "the admin pages are open") != open {
			t.Errorf("%s: the log is %q", tt.address, log.String())
		}
	}
}

func TestPagesWithoutRegistryHaveNoMetrics(t *testing.T) {
	r := startWithPages(t, Config{})
	defer r.stop(t)
	if got := r.get(t, "/mon/"); got.code != 404 {
		t.Errorf("/mon/ is %d", got.code)
	}
	if got := r.get(t, "/metrics"); got.code != 404 {
		t.Errorf("/metrics is %d", got.code)
	}
	if got := r.get(t, "/"); strings.Contains(got.body, "mon/") {
		t.Errorf("the index links to pages that do not exist:\n%s", got.body)
	}
}

func TestRegistryHasTheSeriesWhileTheRelayRuns(t *testing.T) {
	reg := monkit.NewRegistry()
	has := func() (found bool) {
		reg.Stats(func(key monkit.SeriesKey, field string, val float64) {
			found = found || key.Measurement == "relay_listener" && field == "received" && val == 2
		})
		return found
	}
	r := startWithPages(t, Config{Registry: reg})
	if !has() {
		t.Error("the registry lacks the series of a relay that runs")
	}
	r.stop(t)
	if has() {
		t.Error("the registry has the series of a relay that has ended")
	}
}

func TestFailingDestinationIsMarked(t *testing.T) {
	const mark = `<p class="down">failing: `
	r := startWithPages(t, Config{Forward: []string{"graphite+tcp://" + refusingAddr(t)}, Drain: time.Millisecond})
	defer r.stop(t)
	waitFor(t, "the mark", func() bool { return strings.Contains(r.get(t, "/").body, mark) })
	for _, want := range []string{"MiB wait in memory, the oldest for ", "failed; none has succeeded so far", "lines are dropped in about "} {
		if page := r.get(t, "/").body; !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}

	available := startWithPages(t, Config{})
	defer available.stop(t)
	waitFor(t, "delivery", func() bool { return available.Ledger().Destinations[0].Delivered == 1 })
	if got := available.get(t, "/"); strings.Contains(got.body, mark) {
		t.Errorf("an available destination is marked:\n%s", got.body)
	}
}

func TestHealthReportsTheDrain(t *testing.T) {
	r := startWithPages(t, Config{Forward: []string{"graphite+tcp://" + refusingAddr(t)}, Drain: time.Second})
	r.end()
	waitFor(t, "the report", func() bool { return r.health.problems() != nil })
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := r.get(t, path); got.code != 503 || !strings.Contains(got.body, "draining") {
			t.Errorf("%s responds %d %q", path, got.code, got.body)
		}
	}
	if got := r.get(t, "/"); !strings.Contains(got.body, `role="status">draining`) {
		t.Errorf("the index does not report the drain:\n%s", got.body)
	}
	if l := r.stop(t); l.Destinations[0].Dropped.Sum() != 1 {
		t.Errorf("ledger is %v", l)
	}
	if conn, err := net.Dial("tcp", r.admin.listener.Addr().String()); err == nil {
		conn.Close()
		t.Error("the pages are served after the end of the relay")
	}
}

// A relay is ready once it reads its listeners; it is healthy before.
func TestReadinessWaitsForTheListeners(t *testing.T) {
	r, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"d", &fake{}}}, HTTP: anyPort})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path string) *httptest.ResponseRecorder {
		return (&running{Relay: r}).askAs("127.0.0.1:1", "localhost", path, "")
	}
	if got := ask(readyPath); got.Code != 503 || got.Body.String() != starting+"\n" {
		t.Errorf("before it runs, it responds %d %q", got.Code, got.Body)
	}
	if got := ask(healthPath); got.Code != 200 {
		t.Errorf("before it runs, its health is %d %q", got.Code, got.Body)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	waitFor(t, "readiness", func() bool { return ask(readyPath).Code == 200 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	waitFor(t, "the end", func() bool { return ask(readyPath).Code == 503 })
	if got := ask(readyPath); got.Body.String() != draining+"\n" {
		t.Errorf("after its end, it responds %q", got.Body)
	}
}

// Clients that occupy all pages do not let an orchestrator restart the relay.
func TestHealthRespondsWhileClientsAreSilent(t *testing.T) {
	r := startWithPages(t, Config{})
	defer r.stop(t)
	for i := range 300 {
		c := dial(t, r.admin.listener.Addr())
		switch i % 3 {
		case 0:
			io.WriteString(c, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n") // fails if closed for another
		case 1:
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") // likewise
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/", "/ledger"} {
		if got := r.get(t, path); got.code != 200 {
			t.Errorf("%s responds %d %q", path, got.code, got.body)
		}
	}
}

func TestFailedListenerIsReported(t *testing.T) {
	var log bytes.Buffer // which slog's handlers lock
	r := start(t, Config{
		Logger:  logTo(&log),
		Listen:  []string{"graphite+udp://127.0.0.1:0", "graphite+tcp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://" + faultsink.NewTCP(t).Addr()}, HTTP: anyPort,
	})
	r.receivers[0].listener.Close()
	waitFor(t, "the report", func() bool { return r.get(t, "/healthz").code == 503 })
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := r.get(t, path); got.code != 503 || !strings.Contains(got.body, "a listener failed: read graphite+udp://127.0.0.1") {
			t.Errorf("%s responds %d %q", path, got.code, got.body)
		}
	}
	r.end()
	if err := <-r.done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run() = %v", err)
	}
	if want := `level=ERROR msg="a listener failed" err="read graphite+udp://127.0.0.1`; !strings.Contains(log.String(), want) {
		t.Errorf("the log lacks %q:\n%s", want, log.String())
	}
}

func TestRelayEndsWithItsLastListener(t *testing.T) {
	r := start(t, Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"d", &fake{}}}})
	r.receivers[0].listener.Close()
	if err := <-r.done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run() = %v", err)
	}
	r.end()
	time.Sleep(10 * time.Millisecond) // for a goroutine that reports the drain
	if got := r.health.problems(); len(got) != 1 || !strings.HasPrefix(got[0], "a listener failed") {
		t.Errorf("after the end of Run the problems are %q", got)
	}
}

func TestFailureOfThePagesIsLogged(t *testing.T) {
	var log logText
	r := start(t, Config{
		Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"d", &fake{}}}, HTTP: anyPort, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	r.admin.listener.Close()
	// The end of the relay is an end of the pages without an error.
	waitFor(t, "the record", func() bool {
		return strings.Contains(log.String(), `level=ERROR msg="serving the admin pages failed" err=`)
	})
	r.stop(t)
}

func TestNoPagesWithoutAddress(t *testing.T) {
	r := start(t, Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + faultsink.NewTCP(t).Addr()}})
	defer r.stop(t)
	if url := r.AdminURL(); url != "" {
		t.Errorf("the pages are at %s", url)
	}
}

func TestErrorsOfTheAdminAddressSayWhatToWrite(t *testing.T) {
	taken := takenAddr(t)
	for _, tt := range []struct{ name, address, forward, want string }{
		{"no host", "9125", "graphite+tcp://h:1", `http: "9125": no host before the port; write 127.0.0.1:9125`},
		{"with an error of another address", "9125", "carrots://h", `http: "9125": no host`},
		{"the error of the other address", "9125", "carrots://h", "forward: "},
		{"taken", taken, "graphite+tcp://h:1", "http: listen tcp"},
		{"taken, with what to do", taken, "graphite+tcp://h:1", "another program uses this address"},
	} {
		_, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{tt.forward}, HTTP: tt.address})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: New() = %v, want %q", tt.name, err, tt.want)
		}
	}
}
