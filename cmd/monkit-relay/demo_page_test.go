package main

import (
	"bytes"
	"encoding/xml"
	"iter"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/prometheus"
	"monkit.example/reporters/recent"
)

// pageOf returns the handler of a page whose store has the points.
func pageOf(t *testing.T, points ...reporters.Point) http.Handler {
	t.Helper()
	return pageSince(t, time.Now(), points...)
}

// pageSince is pageOf for a demo that was started at that time.
func pageSince(t *testing.T, started time.Time, points ...reporters.Point) http.Handler {
	t.Helper()
	store := recent.New()
	if err := store.Report(t.Context(), &reporters.Batch{At: time.Now(), Points: points}); err != nil {
		t.Fatal(err)
	}
	p := &demoPage{store: store, tally: func() tally { return tally{Received: 12345} }, first: "z/first", started: started}
	return demoHandler(p, present.HTTP(monkit.NewRegistry()), prometheus.New(monkit.NewRegistry()), http.NotFoundHandler())
}

// testStart is the time from which points are dated back.
var testStart = time.Now()

func pointOf(scope, measurement, field string, val float64, ago time.Duration) reporters.Point {
	key := monkit.NewSeriesKey(measurement)
	if scope != "" {
		key = key.WithTag("scope", scope)
	}
	return reporters.Point{Key: key, Field: field, Value: val, Time: testStart.Add(-ago).UnixNano(), Kind: reporters.KindOf(field)}
}

func request(h http.Handler, method, host, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// page is what tests check of the HTML.
type page struct {
	headings []string // scopes, in order
	titles   []string // names of the series, in order
	series   []string // measurements with functions and tags, in order
	scopes   []string // links to scopes, in order
	text     string
}

func readPage(t *testing.T, body string) page {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var p page
	for n := range descendants(root) {
		switch {
		case n.Type == html.TextNode:
			p.text += n.Data + "\n"
		case n.Data == "h2":
			p.headings = append(p.headings, n.FirstChild.Data)
		case n.Data == "h3":
			p.series = append(p.series, textOf(n))
		case n.Data == "a":
			if href := attrOf(n, "href"); strings.HasPrefix(href, "?") {
				p.scopes = append(p.scopes, href+" "+textOf(n))
			}
		case n.Data == "li":
			p.titles = append(p.titles, attrOf(n, "title"))
		}
	}
	for _, svg := range sparklines(body) {
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
			t.Errorf("%v in %s", err, svg)
		}
	}
	return p
}

// descendants returns the nodes below n, each before its children.
func descendants(n *html.Node) iter.Seq[*html.Node] {
	return func(yield func(*html.Node) bool) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if !yield(c) {
				return
			}
			for d := range descendants(c) {
				if !yield(d) {
					return
				}
			}
		}
	}
}

func attrOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range descendants(n) {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return text.String()
}

func sparklines(body string) []string {
	return regexp.MustCompile(`(?s)<svg .*?</svg>`).FindAllString(body, -1)
}

func TestPageListsSeries(t *testing.T) {
	h := pageOf(t,
		pointOf("a", "calls", "total", 10, 3*time.Second),
		pointOf("a", "calls", "total", 40, 1*time.Second),
		pointOf("z/first", "wait_seconds", "recent", 0.0125, 0),
		pointOf("", "plain", "path", 7, 0),
	)
	w := request(h, "GET", "localhost:1", "/")
	p := readPage(t, w.Body.String())
	if got, want := strings.Join(p.headings, ", "), "z/first, no scope, a"; got != want {
		t.Errorf("scopes are %s, want %s", got, want)
	}
	if got, want := strings.Join(p.scopes, ", "), "? everything, ?q=scope=a a, ?q=scope=z%2ffirst z/first"; got != want {
		t.Errorf("the links to scopes are %s, want %s", got, want)
	}
	want := "wait_seconds,scope=z/first recent; plain path; calls,scope=a total"
	if got := strings.Join(p.titles, "; "); got != want {
		t.Errorf("series are %s, want %s", got, want)
	}
	if n := len(sparklines(w.Body.String())); n != 3 {
		t.Errorf("%d sparklines, want 3", n)
	}
	for _, want := range []string{"12.5 ms", "40", "15/s", "12345"} {
		if !strings.Contains(p.text, "\n"+want+"\n") {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPageListsSeriesThatMatchTheFilter(t *testing.T) {
	h := pageOf(t, pointOf("a", "x", "f", 1, 0), pointOf("a", "y", "f", 1, 0))
	for _, tt := range []struct{ query, want string }{
		{"", "x,scope=a f; y,scope=a f"},
		{"x", "x,scope=a f"},
		{"scope=a+-x", "y,scope=a f"},
		{"nothing", ""},
	} {
		p := readPage(t, request(h, "GET", "127.0.0.1", "/?q="+tt.query).Body.String())
		if got := strings.Join(p.titles, "; "); got != tt.want {
			t.Errorf("filter %q shows %q, want %q", tt.query, got, tt.want)
		}
	}
}

func TestPageLimitsItsRows(t *testing.T) {
	var points []reporters.Point
	for i := range maxRows + 5 {
		points = append(points, pointOf("a", "m"+string(rune('a'+i%26)), strings.Repeat("f", i/26+1), 1, 0))
	}
	p := readPage(t, request(pageOf(t, points...), "GET", "127.0.0.1", "/").Body.String())
	if len(p.titles) != maxRows || !strings.Contains(p.text, "The page shows the first 1000 of 1005 series") {
		t.Errorf("%d series are shown, want %d and a note", len(p.titles), maxRows)
	}
}

func TestPageEscapesNames(t *testing.T) {
	const hostile = `"><script>alert('&')</script>`
	h := pageOf(t, pointOf(hostile, hostile, hostile, 1, 0))
	w := request(h, "GET", "127.0.0.1", "/?q=alert")
	if bytes.Contains(w.Body.Bytes(), []byte("<script>alert")) {
		t.Errorf("a name is a script element: %s", w.Body)
	}
	if p := readPage(t, w.Body.String()); len(p.titles) != 1 || p.headings[0] != hostile {
		t.Errorf("page is %+v", p)
	}
}

func TestPageRejectsOtherHosts(t *testing.T) {
	h := pageOf(t)
	for _, tt := range []struct {
		host string
		want int
	}{
		{"127.0.0.1:8080", 200},
		{"127.1.2.3", 200},
		{"localhost", 200},
		{"[::1]:8080", 200},
		{"[::1]", 200},
		{"example.com:8080", 403},
		{"localhost.example.com", 403},
		{"127.0.0.1.example.com", 403},
		{"10.0.0.1", 403},
		{"", 403},
	} {
		for _, path := range []string{"/", "/live.js"} {
			if got := request(h, "GET", tt.host, path).Code; got != tt.want {
				t.Errorf("%s of host %q gives %d, want %d", path, tt.host, got, tt.want)
			}
		}
	}
}

func TestStatusAndTypeOfResponses(t *testing.T) {
	h := pageOf(t)
	for _, tt := range []struct {
		method, target string
		want           int
		contentType    string
	}{
		{"GET", "/", 200, "text/html"},
		{"HEAD", "/", 200, "text/html"},
		{"GET", "/style.css", 200, "text/css"},
		{"GET", "/live.js", 200, "text/javascript"},
		{"GET", "/demo.html", 404, "text/plain"},
		{"GET", "/elsewhere", 404, "text/plain"},
		{"POST", "/", 405, "text/plain"},
		{"GET", "/?q=" + strings.Repeat("x", maxQuery), 200, "text/html"},
		{"GET", "/?q=" + strings.Repeat("x", maxQuery+1), 400, "text/plain"},
	} {
		w := request(h, tt.method, "127.0.0.1", tt.target)
		if w.Code != tt.want || !strings.HasPrefix(w.Header().Get("Content-Type"), tt.contentType) {
			t.Errorf("%s %.20s gives %d %s, want %d %s", tt.method, tt.target, w.Code, w.Header().Get("Content-Type"), tt.want, tt.contentType)
		}
		if w.Code == 200 && !strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%s has no policy against foreign scripts", tt.target)
		}
	}
}

func TestSeriesHaveFunctionsAndTags(t *testing.T) {
	point := func(fn, kind string) reporters.Point {
		p := pointOf("a", "times", "max", 1, 0)
		p.Key = p.Key.WithTag("func", fn)
		if kind != "" {
			p.Key = p.Key.WithTag("kind", kind)
		}
		return p
	}
	p := readPage(t, request(pageOf(t, point("F", "success"), point("F", "failure"), point("G", ""), pointOf("a", "calls", "max", 1, 0)), "GET", "127.0.0.1", "/").Body.String())
	if got, want := strings.Join(p.series, "; "), "calls; times F kind=failure; times F kind=success; times G"; got != want {
		t.Errorf("the series are %s, want %s", got, want)
	}
}

func TestTotalHasItsLastRate(t *testing.T) {
	h := pageOf(t,
		pointOf("a", "calls", "total", 10, 3*time.Second),
		pointOf("a", "calls", "total", 40, 2*time.Second),
		pointOf("a", "calls", "total", 45, 1*time.Second),
		pointOf("a", "open", "value", 5, 1*time.Second),
	)
	body := request(h, "GET", "127.0.0.1", "/").Body.String()
	for _, want := range []string{`<span class="rate">5/s</span>`, "<title>calls,scope=a total: 45, 5/s</title>", `<span class="rate"></span>`, "<title>open,scope=a value: 5</title>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s:\n%s", want, body)
		}
	}
}

func TestSparklinesShowTheTimeSinceTheStart(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		up   time.Duration
		want string
	}{
		{time.Second, "the last minute"},
		{80 * time.Second, "the last minute"},
		{100 * time.Second, "the last 2 minutes"},
		{time.Hour, "the last 5 minutes"},
	} {
		p := readPage(t, request(pageSince(t, now.Add(-tt.up)), "GET", "127.0.0.1", "/").Body.String())
		if !strings.Contains(p.text, "\n"+tt.want+"\n") {
			t.Errorf("after %v the page lacks %q", tt.up, tt.want)
		}
	}
	h := pageOf(t, pointOf("a", "x", "f", 1, 30*time.Second), pointOf("a", "x", "f", 2, 0))
	svg := sparklines(request(h, "GET", "127.0.0.1", "/").Body.String())[0]
	var x float64
	if m := regexp.MustCompile(`points="([0-9.]+),`).FindStringSubmatch(svg); m != nil {
		x, _ = strconv.ParseFloat(m[1], 64) // digits
	}
	if x < 50 || x > 70 { // of 120
		t.Errorf("a value half a minute old is at %v in %s", x, svg)
	}
}

func TestPageShowsTheTally(t *testing.T) {
	p := &demoPage{store: recent.New(), started: time.Now(), tally: func() tally {
		return tally{Received: 11, Accepted: 12, Delivered: 13, Pending: 14}
	}}
	show := func() string {
		return request(demoHandler(p, http.NotFoundHandler(), http.NotFoundHandler(), http.NotFoundHandler()), "GET", "127.0.0.1", "/").Body.String()
	}
	for _, want := range []string{
		"<div><dt>lines received</dt><dd>11</dd></div>", "<div><dt>accepted</dt><dd>12</dd></div>", "<div><dt>delivered</dt><dd>13</dd></div>",
		"<div><dt>dropped</dt><dd>0</dd></div>", "<div><dt>pending</dt><dd>14</dd></div>", "No series has arrived yet.",
	} {
		if body := show(); !strings.Contains(body, want) {
			t.Errorf("the page lacks %s:\n%s", want, body)
		}
	}
	p.tally = func() (t tally) {
		t.drop("listener", ledger.Counts{ledger.Malformed: 2})
		return t
	}
	if body, want := show(), `<div class="bad"><dt>dropped</dt><dd>listener.malformed=2</dd></div>`; !strings.Contains(body, want) {
		t.Errorf("the page lacks %s:\n%s", want, body)
	}
	w := request(demoHandler(p, http.NotFoundHandler(), http.NotFoundHandler(), http.NotFoundHandler()), "GET", "127.0.0.1", "/?q=x")
	if want := "No series matches this filter."; !strings.Contains(w.Body.String(), want) {
		t.Errorf("the page lacks %s:\n%s", want, w.Body)
	}
}
