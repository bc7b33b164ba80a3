package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/html"

	"monkit.example/reporters/ledger"
)

// wantBalance fails unless out ends with the ledger of at least 100 lines, all of
// which arrived.
func wantBalance(t *testing.T, out string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var n [6]int64
	const form = "ledger: received=%d accepted=%d delivered=%d dropped=%d pending=%d unaccounted=%d"
	if _, err := fmt.Sscanf(lines[len(lines)-1], form, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]); err != nil {
		t.Fatalf("%v in the last line of:\n%s", err, out)
	}
	if n[0] < 100 || n[1] != n[0] || n[2] != n[0] || n[3]+n[4]+n[5] != 0 {
		t.Errorf("not every line arrived: %s", lines[len(lines)-1])
	}
}

// runDemo runs the demo until ctx ends or its duration is over.
func runDemo(ctx context.Context, o demoOptions, out io.Writer) (tally, error) {
	p, err := startDemo(o)
	if err != nil {
		return tally{}, err
	}
	return p.run(ctx, o.duration, out)
}

func TestDemoEndsAfterItsDuration(t *testing.T) {
	defer goleak.VerifyNone(t)
	o := demoOptions{duration: 250 * time.Millisecond, http: "127.0.0.1:0", interval: 100 * time.Millisecond, rate: 100}
	var out bytes.Buffer
	result, err := runDemo(t.Context(), o, &out)
	if err != nil || !result.complete() {
		t.Errorf("the demo ends with %v, %v", result, err)
	}
	wantBalance(t, out.String())
	if strings.Contains(out.String(), "Ctrl-C") {
		t.Errorf("the demo asks for an interrupt:\n%s", out.String())
	}
}

// startTestDemo starts the demo. It returns the URL of the page and a scanner of
// the output. end interrupts the demo and returns the rest of the output.
func startTestDemo(t *testing.T) (base string, lines *bufio.Scanner, end func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := runDemo(ctx, demoOptions{http: "127.0.0.1:0", interval: 100 * time.Millisecond, rate: 200}, w)
		w.Close()
		ended <- err
	}()
	lines = bufio.NewScanner(r)
	lines.Scan()
	base = regexp.MustCompile(`http://[^/]+/`).FindString(lines.Text())
	return base, lines, func() string {
		cancel()
		var rest strings.Builder
		for lines.Scan() {
			fmt.Fprintln(&rest, lines.Text())
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		return rest.String()
	}
}

func fetch(t *testing.T, target string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// TestDemo runs the demo as a user does.
func TestDemo(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	defer http.DefaultClient.CloseIdleConnections()
	base, lines, end := startTestDemo(t)
	if lines.Scan(); lines.Text() != "demo: Ctrl-C ends the demo" {
		t.Errorf("the second line is %q", lines.Text())
	}
	for lines.Scan() && !strings.Contains(lines.Text(), "lines/s") { // the first rates come after some pushes
	}
	if ok, _ := regexp.MatchString(`^demo: [1-9]\d+ series, [1-9]\d* lines/s received, [1-9]\d* lines/s delivered, 0 dropped$`, lines.Text()); !ok {
		t.Errorf("the line of rates is %q", lines.Text())
	}
	_, body := fetch(t, base)
	p := readPage(t, body) // checks the images
	if n := len(sparklines(body)); n != len(p.titles) || n < 100 {
		t.Errorf("%d sparklines for %d series, want one each of at least 100", n, len(p.titles))
	}
	for _, want := range []string{
		"function,func=(*Proxy).Get,scope=monkit.example/examples/vlite/vlite total",
		"function_times,func=(*Backend).seek,kind=success,scope=monkit.example/examples/vlite/vlite r99",
		"videos,scope=monkit.example/examples/vlite/vlite value",
		"goroutines,scope=monkit.example/environment count",
		"collect,scope=monkit.example/collect walks",
	} {
		if !strings.Contains("\n"+strings.Join(p.titles, "\n")+"\n", "\n"+want+"\n") {
			t.Errorf("%s did not arrive", want)
		}
	}
	if !slices.Contains(p.headings, "monkit.example/internal/relay") {
		t.Errorf("the series of the relay did not arrive: the scopes are %q", p.headings)
	}
	followLinks(t, base, body)
	wantBalance(t, end())
}

// statusOf repeats a request that fails with status 503, as the backend of the
// demo does for one request in fifty to show errors.
func statusOf(t *testing.T, target string) (status int) {
	t.Helper()
	for range 20 {
		if status, _ = fetch(t, target); status != http.StatusServiceUnavailable {
			break
		}
	}
	return status
}

// followLinks checks the links of the page and those of the index of the debug
// pages, as far as they lead to the same server.
func followLinks(t *testing.T, base, body string) {
	t.Helper()
	all := links(t, base, body)
	service := base + "service/"
	if !all[service] {
		t.Errorf("the page does not link to %s", service)
	}
	_, index := fetchHTML(t, service)
	for target := range links(t, service, index) {
		all[target] = true
	}
	if !all[service+"traces"] {
		t.Errorf("%s does not link to the recorded traces", service)
	}
	for target := range all {
		if status := statusOf(t, target); status != http.StatusOK {
			t.Errorf("%s gives %d", target, status)
		}
	}
}

func fetchHTML(t *testing.T, target string) (status int, body string) {
	t.Helper()
	status, body = fetch(t, target)
	if !strings.Contains(body, "<html") {
		t.Errorf("%s is not HTML: %.100s", target, body)
	}
	return status, body
}

// links returns the targets of the links of a page to its own server.
func links(t *testing.T, base, body string) map[string]bool {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	from, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for n := range descendants(root) {
		if n.Type != html.ElementNode || n.Data != "a" {
			continue
		}
		for _, a := range n.Attr {
			if target, err := from.Parse(a.Val); a.Key == "href" && err == nil && target.Host == from.Host {
				all[target.String()] = true
			}
		}
	}
	return all
}

func TestRatesAreThoseSinceTheLastLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n int64
		tally := func() tally {
			n++
			return tally{Received: n * n * 100, Delivered: n * n * 60, Dropped: ledger.Counts{ledger.Expired: n}}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*rateInterval+rateInterval/2)
		defer cancel()
		var out bytes.Buffer
		printRates(ctx, &out, tally, func() int { return 7 })
		want := "demo: 7 series, 150 lines/s received, 90 lines/s delivered, 2 dropped\n" +
			"demo: 7 series, 250 lines/s received, 150 lines/s delivered, 3 dropped\n"
		if out.String() != want {
			t.Errorf("printed\n%swant\n%s", out.String(), want)
		}
	})
}

func TestDemoFlags(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"extra", `"extra" is not a flag; the demo takes flags only`},
		{"-for -1s", `-for "-1s": write a time of at least 0s, such as 6s`},
		{"-interval 1ms", `-interval "1ms": write a time of at least 100ms, such as 1s`},
		{"-rate NaN", `-rate "NaN": write a number from 0 to 1000, such as 100`},
		{"-rate 1001", `-rate "1001": write a number`},
		{"-for 0s -interval 100ms -rate 1000", ""},
		{"-rate 0", ""},
		{"-http :8080", ""}, // without a host the address is local
		{"-http 0.0.0.0:8080", `-http "0.0.0.0:8080": the page is for local users only`},
		{"-http example.com:80", "write an address such as 127.0.0.1:8080"},
		{"-unknown", "there is no flag -unknown; monkit-relay demo -h lists the flags"},
		{"-for 1 -rate x extra", "-rate \"x\": write a number from 0 to 1000, such as 100\n\"extra\" is not a flag"}, // all errors
	} {
		_, err := parseDemo(strings.Fields(tt.args), io.Discard)
		if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("demo %s: the error is %s, want it to contain %s", tt.args, got, tt.want)
		}
	}
}

func TestErrorOfTheDemosAddressNamesTheFlag(t *testing.T) {
	defer goleak.VerifyNone(t)
	_, err := runDemo(t.Context(), demoOptions{http: "127.0.0.1:none", interval: time.Second}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "-http") {
		t.Errorf("got %v, want an error that names the flag", err)
	}
}
