package e2e

import (
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"monkit.example/e2e/servers"
	"monkit.example/monkit"
	"monkit.example/reporters/prometheus"
)

// Prometheus scrapes a program in both formats, and gets the same series.
func TestScrape(t *testing.T) {
	page := startPage(t, buildTestdata(t, "push"), "scraped")
	const text, open = "text", "openmetrics"
	p := servers.Prometheus(t, map[string]string{text: page + "?format=text", open: page})
	for _, job := range []string{text, open} {
		wantAll(t, job, func(s series) (float64, error) { return p.Last(s.scraped(job, "scraped")) })
		for quantile, want := range map[string]float64{"0.0": 10, "0.1": 10, "0.9": 30, "1.0": 30} {
			got, err := p.Last(`size{job="` + job + `",quantile="` + quantile + `"}`)
			if err != nil || math.Abs(got-want) > want/100 {
				t.Errorf("%s: quantile %s is %v, %v, want %v", job, quantile, got, err, want)
			}
		}
	}
	for _, tt := range []struct{ job, family, want string }{
		// In OpenMetrics, which Prometheus asks for, a counter's family has no _total.
		{text, "function_total", "counter"}, {open, "function", "counter"}, {text, "bytes_total", "counter"}, {open, "bytes", "counter"},
		{text, "function_current", "gauge"}, {open, "function_current", "gauge"},
		{text, "function_times", "summary"}, {open, "function_times", "summary"}, {text, "size", "summary"}, {open, "size", "summary"},
		{text, "ratio_sum", "unknown"}, {open, "ratio_sum", "unknown"}, // it is negative
	} {
		if got, err := p.Type(tt.job, tt.family); err != nil || got != tt.want {
			t.Errorf("%s: family %s is %q, %v, want %q", tt.job, tt.family, got, err, tt.want)
		}
	}
	if err := p.Scraped(); err != nil {
		t.Error(err)
	}
	if complaints := servers.CheckMetrics(t, fetch(t, page)); len(complaints) > 0 {
		t.Errorf("promtool: %q", complaints)
	}
}

// startPage starts the program, which serves its metrics, and returns the URL.
// The program ends with the test.
func startPage(t *testing.T, bin, scope string) string {
	t.Helper()
	addr := servers.FreeAddr(t)
	cmd := exec.Command(bin, "prometheus", addr, scope)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close() // ends the program
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", bin, err)
		}
	})
	page := "http://" + addr + "/metrics"
	servers.Eventually(t, "the page", func() error {
		_, err := tryFetch(page)
		return err
	})
	return page
}

var fetching = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func tryFetch(url string) (string, error) {
	resp, err := fetching.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	body, err := tryFetch(url)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// hostile are names and values of tags that a careless page would make
// Prometheus reject, which loses the whole page.
var hostile = []string{
	"\x00", "a\x00b", "\r", "\n", "a\nb 1\n# TYPE x y", `"`, `\`, `\"`, `\n`, "\xff", "\xc3(", "\ufeff", "\u202e", "\u2028", "\x7f\x1b[2J", "ü",
	"{}", ",", "=", `a="b"`, " ", "\t", "#", "# EOF\n", "__name__", "job", "instance", "le", "quantile", "9", "", strings.Repeat("x", 300),
}

func TestScrapeOfHostileNames(t *testing.T) {
	reg := monkit.NewRegistry()
	for _, name := range hostile {
		s := reg.ScopeNamed("hostile " + name)
		s.Counter("by_value", monkit.NewSeriesTag("text", name)).Set(7)
		s.Counter("by_key", monkit.NewSeriesTag(name, "v")).Inc(1)
		s.Meter(name).Mark(1)
		s.IntVal("dist " + name).Observe(1)
		s.Chain(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
			cb(monkit.NewSeriesKey("own"), name, math.NaN())
			cb(monkit.NewSeriesKey("own"), "total "+name, math.Inf(1))
			cb(monkit.NewSeriesKey("own "+name), "total", -1)
		}))
	}
	server := httptest.NewServer(prometheus.New(reg))
	defer server.Close()
	p := servers.Prometheus(t, map[string]string{"text": server.URL + "/?format=text", "openmetrics": server.URL + "/"})
	for _, job := range []string{"text", "openmetrics"} {
		servers.EventuallyValue(t, job, 7, func() (float64, error) { return p.Last(`by_value_value{job="` + job + `",text="a\x00b"}`) })
		if n, err := p.Last(`count(by_value_value{job="` + job + `"})`); err != nil || int(n) != len(hostile) {
			t.Errorf("%s: %v series, %v, want %d", job, n, err, len(hostile))
		}
	}
	if err := p.Scraped(); err != nil {
		t.Error(err)
	}
	servers.CheckMetrics(t, fetch(t, server.URL))
}

// Prometheus scrapes the relay's ledger. Of the page promtool wishes only for
// other names of the series of package environment.
func TestScrapeOfRelay(t *testing.T) {
	listen, admin := servers.FreeAddr(t), servers.FreeAddr(t)
	destination, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer destination.Close() // the system accepts what is sent to it
	startRelay(t, buildRelay(t), []string{listen, admin},
		"-listen", "graphite+udp://"+listen, "-forward", "graphite+tcp://"+destination.Addr().String(), "-http", admin)
	p := servers.Prometheus(t, map[string]string{"relay": "http://" + admin + "/metrics"})
	conn, err := net.Dial("udp", listen)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "a.b 1 1700000000\na.c 2 1700000000\nnonsense\n")
	for selector, want := range map[string]float64{
		"relay_listener_received_total":                     3,
		"relay_listener_accepted_total":                     2,
		`relay_listener_rejected_total{reason="malformed"}`: 1,
		"relay_destination_delivered_total":                 2,
		"relay_destination_pending":                         0,
	} {
		servers.EventuallyValue(t, selector, want, func() (float64, error) { return p.Last(selector) })
	}
	for _, c := range servers.CheckMetrics(t, fetch(t, "http://"+admin+"/metrics")) {
		known := func(wish string) bool { return strings.Contains(c, wish) }
		if !slices.ContainsFunc([]string{"snake_case", "abbreviated units", `"_total" suffix`, `"_count" suffix`}, known) {
			t.Errorf("promtool: %s", c)
		}
	}
}
