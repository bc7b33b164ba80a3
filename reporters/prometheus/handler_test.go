package prometheus

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monkit.example/collect"
	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func TestNegotiation(t *testing.T) {
	const (
		prometheus2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
		prometheus3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
		protobuf    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
	)
	for _, tt := range []struct {
		name   string
		accept []string
		want   Format
	}{
		{"no header", nil, Text},
		{"empty", []string{""}, Text},
		{"curl", []string{"*/*"}, Text},
		{"browser", []string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, Text},
		{"Prometheus 2.42", []string{prometheus2}, OpenMetrics},
		{"Prometheus 3", []string{prometheus3}, OpenMetrics},
		{"Prometheus with protobuf", []string{protobuf + prometheus3}, OpenMetrics},
		{"Prometheus before OpenMetrics", []string{"text/plain;version=0.0.4;q=1,*/*;q=0.1"}, Text},
		{"draft of OpenMetrics", []string{"application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}, OpenMetrics},
		{"later OpenMetrics only", []string{"application/openmetrics-text;version=2.0.0,text/plain;q=0.1"}, Text},
		{"OpenMetrics without a version", []string{"application/openmetrics-text"}, OpenMetrics},
		{"case", []string{"Application/OpenMetrics-Text"}, OpenMetrics},
		{"two headers", []string{"text/plain;q=0.5", "application/openmetrics-text"}, OpenMetrics},
		{"text is preferred", []string{"application/openmetrics-text;q=0.5,text/plain"}, Text},
		{"equal", []string{"application/openmetrics-text,text/plain"}, Text},
		{"OpenMetrics is excluded", []string{"application/openmetrics-text;q=0,text/plain;q=0.1"}, Text},
		{"text is excluded", []string{"text/plain;q=0,*/*"}, OpenMetrics},
		{"any text is excluded", []string{"text/*;q=0, application/*;q=0.1"}, OpenMetrics},
		{"neither", []string{"image/png"}, Text},
		{"both are excluded", []string{"*/*;q=0"}, Text},
		{"wrong quality", []string{"application/openmetrics-text;q=NaN,application/openmetrics-text;q=2,application/openmetrics-text;q=x"}, Text},
		{"garbage", []string{";;,,=,\x00,application/openmetrics-text;q=\"0.1"}, Text},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Negotiate(tt.accept); got != tt.want {
				t.Errorf("Negotiate() = %v", got)
			}
		})
	}
}

func TestResponses(t *testing.T) {
	reg := monkit.NewRegistry()
	reg.ScopeNamed("s").Meter("bytes").Mark(5)
	h := New(reg)
	for _, tt := range []struct {
		name, method, target string
		headers              []string
		code                 int
		contentType, body    string // prefix; part
	}{
		{"text", "GET", "/metrics", nil, 200, "text/plain; version=0.0.4; charset=utf-8", "# TYPE bytes_total counter\nbytes_total{scope=\"s\"} 5\n"},
		{"negotiated", "GET", "/metrics", []string{"Accept", "application/openmetrics-text"}, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", "\nbytes_total{scope=\"s\"} 5\n"},
		{"query", "GET", "/?format=openmetrics", []string{"Accept", "text/plain"}, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", "\n# EOF\n"},
		{"query text", "GET", "/?format=text", []string{"Accept", "application/openmetrics-text"}, 200, "text/plain; version=0.0.4; charset=utf-8", "\n"},
		{"unknown query", "GET", "/?format=json", nil, 400, "text/plain; charset=utf-8", "format \"json\" is not known; write text or openmetrics\n"},
		{"head", "HEAD", "/", []string{"Accept", "application/openmetrics-text"}, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", ""},
		{"post", "POST", "/", nil, 405, "text/plain; charset=utf-8", "read-only"},
		{"delete", "DELETE", "/", nil, 405, "text/plain; charset=utf-8", "read-only"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := serve(h, tt.method, tt.target, tt.headers...)
			if rec.Code != tt.code || rec.Header().Get("Content-Type") != tt.contentType || !strings.Contains(rec.Body.String(), tt.body) {
				t.Errorf("%d %v\n%s", rec.Code, rec.Header(), rec.Body)
			}
			if tt.method == "HEAD" && rec.Body.Len() > 0 {
				t.Errorf("the response to HEAD has a body: %q", rec.Body)
			}
			if tt.code == 405 && rec.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("headers are %v", rec.Header())
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
				if rec.Header().Get(name) != want {
					t.Errorf("%s is %q", name, rec.Header().Get(name))
				}
			}
			if tt.code == 200 && rec.Header().Get("Vary") != "Accept, Accept-Encoding" {
				t.Errorf("Vary is %q", rec.Header().Get("Vary"))
			}
		})
	}
}

func TestGzip(t *testing.T) {
	reg := monkit.NewRegistry()
	reg.ScopeNamed("s").Counter("c").Inc(1)
	h := New(reg)
	for range 3 { // the compressor is used again
		rec := serve(h, "GET", "/", "Accept-Encoding", "br, gzip")
		if rec.Header().Get("Content-Encoding") != "gzip" || rec.Header().Get("Content-Length") != "" {
			t.Fatalf("headers are %v", rec.Header())
		}
		z, err := gzip.NewReader(rec.Body)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := parsePage(string(page), Text); err != nil || p.values[`c_value{scope="s"}`] != 1 {
			t.Errorf("%v\n%s", err, page)
		}
	}
	rec := serve(h, "GET", "/", "Accept-Encoding", "gzip;q=0")
	if rec.Header().Get("Content-Encoding") != "" || rec.Header().Get("Content-Length") != strconv.Itoa(rec.Body.Len()) {
		t.Errorf("headers are %v", rec.Header())
	}
}

func TestNilSourceIsTheDefaultRegistry(t *testing.T) {
	for _, src := range []monkit.StatSource{nil, (*monkit.Registry)(nil)} {
		monkit.ScopeNamed("TestNilSource").Counter("present").Inc(1)
		if body := serve(New(src), "GET", "/").Body.String(); !strings.Contains(body, `present_value{scope="TestNilSource"}`) {
			t.Errorf("the page is\n%s", body)
		}
	}
}

func TestOptions(t *testing.T) {
	reg := monkit.NewRegistry()
	reg.ScopeNamed("s").IntVal("size").Observe(3)
	h := NewWith(reg, Options{Prefix: "app", Without: []string{"r95", "max"}})
	p := read(t, h, Text)
	if p.values[`app_size_sum{scope="s"}`] != 3 || p.values[`app_size{quantile="0.9",scope="s"}`] != 3 {
		t.Errorf("values are %v", p.values)
	}
	for series := range p.values {
		if strings.Contains(series, "0.95") || strings.Contains(series, "_max") || !strings.HasPrefix(series, "app_") {
			t.Errorf("the page has %s", series)
		}
	}
}

// read returns the page of h, which it parses.
func read(t *testing.T, h *Handler, f Format) parsed {
	t.Helper()
	var page bytes.Buffer
	if err := h.Write(t.Context(), &page, f); err != nil {
		t.Fatal(err)
	}
	p, err := parsePage(page.String(), f)
	if err != nil {
		t.Fatalf("%v\n%s", err, page.String())
	}
	return p
}

// own is a series of a Handler.
func own(name string) string { return measurement + "_" + name + `{scope="` + scope + `"}` }

func TestPanicOfASourceIsCounted(t *testing.T) {
	fail := false
	key := monkit.NewSeriesKey("own")
	h := New(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		cb(key, "before", 1)
		if fail {
			panic("broken source")
		}
		cb(key, "after", 2)
		cb(key, "after", 3)
	}))
	read(t, h, Text)
	fail = true
	if p := read(t, h, Text); p.values["own_before"] != 1 || p.values[own("panics_total")] != 0 || p.values[own("duplicates_total")] != 1 {
		t.Errorf("values are %v", p.values)
	} else if _, ok := p.values["own_after"]; ok {
		t.Errorf("values are %v", p.values)
	}
	fail = false
	if p := read(t, h, OpenMetrics); p.values["own_after"] != 2 || p.values[own("panics_total")] != 1 || p.values[own("pages_total")] != 2 {
		t.Errorf("values are %v", p.values)
	}
}

func TestOwnSeries(t *testing.T) {
	key := monkit.NewSeriesKey("a")
	h := New(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		cb(key, "b.c", 1)
		cb(key, "b_c", 2)
		cb(monkit.NewSeriesKey(""), "", 3)
	}))
	first, second := read(t, h, Text), read(t, h, Text)
	for name, want := range map[string]float64{
		"pages_total": 1, "panics_total": 0, "busy_total": 0, "duplicates_total": 0,
		"samples": float64(len(first.values)), "collisions": 1, "unsupported": 1,
	} {
		if got, ok := second.values[own(name)]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if second.values[own("page_bytes")] < 500 {
		t.Errorf("page_bytes is %v", second.values[own("page_bytes")])
	}
	for name, want := range map[string]string{"pages_total": "counter", "busy_total": "counter", "samples": "gauge", "walk_seconds": "gauge"} {
		if got := second.types[measurement+"_"+name]; got != want {
			t.Errorf("%s is a %s", name, got)
		}
	}
}

// Requests beyond the limit are rejected, and one that waits for another ends
// with its client.
func TestRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		h := New(monkit.StatSourceFunc(func(func(monkit.SeriesKey, string, float64)) { <-leave }))
		ctx, disconnect := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		codes := make([]int, maxRequests)
		for i := range codes {
			clients.Go(func() {
				r := httptest.NewRequest("GET", "/", nil)
				if i > 0 {
					r = r.WithContext(ctx)
				}
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				codes[i] = rec.Body.Len()
			})
			synctest.Wait() // the first one holds the walk
		}
		rec := serve(h, "GET", "/")
		if rec.Code != 503 || rec.Header().Get("Retry-After") == "" || h.counts.busy.Load() != 1 {
			t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
		}
		disconnect()
		synctest.Wait()
		if n := len(h.requests); n != 1 {
			t.Errorf("%d requests are in progress, want the one that walks", n)
		}
		close(leave)
		clients.Wait()
		if codes[0] == 0 || slices.Max(codes[1:]) != 0 {
			t.Errorf("the pages have %d bytes", codes)
		}
		if rec := serve(h, "GET", "/"); rec.Code != 200 {
			t.Errorf("afterwards: %d %s", rec.Code, rec.Body)
		}
	})
}

func TestWriteEndsWithItsContext(t *testing.T) {
	h := New(monkit.NewRegistry())
	h.walking <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Write(ctx, io.Discard, Text); !errors.Is(err, context.Canceled) {
		t.Errorf("Write() = %v", err)
	}
	<-h.walking
	if err := h.Write(t.Context(), failing{}, Text); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Write() = %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// Pages are made while a collector walks the same registry, and while series
// come and go. This is for the race detector.
func TestPagesBesideACollector(t *testing.T) {
	reg := monkit.NewRegistry()
	c := collect.New(reg, collect.Options{Interval: time.Millisecond}, discard{})
	h := New(reg)
	stop := make(chan struct{})
	var working, reading sync.WaitGroup
	working.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			ctx := context.Background()
			s := reg.ScopeNamed(fmt.Sprint("s", i%5))
			func() (err error) {
				defer s.FuncNamed(fmt.Sprint("F", i%50)).Task(&ctx)(&err)
				s.FloatVal(fmt.Sprint("v", i%30)).Observe(float64(i%7) - 3)
				return io.EOF
			}()
		}
	})
	for i := range 4 {
		reading.Go(func() {
			for range 8 {
				f := Format(i % int(formats))
				var page bytes.Buffer
				if err := h.Write(t.Context(), &page, f); err != nil {
					t.Error(err)
				} else if _, err := parsePage(page.String(), f); err != nil {
					t.Error(err)
				}
			}
		})
	}
	reading.Wait()
	close(stop)
	working.Wait()
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

type discard struct{}

func (discard) Report(context.Context, *reporters.Batch) error { return nil }
func (discard) Flush(context.Context) error                    { return nil }
func (discard) Close(context.Context) error                    { return nil }

// Two registries with the same metrics have the same page, whatever the order in
// which the metrics were made.
func TestPageDoesNotDependOnTheOrderOfARegistry(t *testing.T) {
	make := func(reverse bool) parsed {
		reg := monkit.NewRegistry()
		names := []string{"a", "b", "c", "d", "e"}
		if reverse {
			slices.Reverse(names)
		}
		for _, scope := range names {
			for _, name := range names {
				reg.ScopeNamed(scope).Counter(name).Inc(1)
				reg.ScopeNamed(scope).IntVal("v_" + name).Observe(1)
			}
		}
		return read(t, New(reg), OpenMetrics)
	}
	one, other := make(false), make(true)
	delete(one.values, own("walk_seconds"))
	delete(other.values, own("walk_seconds"))
	if !slices.Equal(one.series, other.series) || !maps.Equal(one.values, other.values) {
		t.Errorf("the pages differ:\n%v\n%v", one.series, other.series)
	}
}

// A page of a registry that does not change takes no memory.
func TestPagesAllocateNothing(t *testing.T) {
	reg := monkit.NewRegistry()
	for i := range 200 {
		reg.ScopeNamed("s").IntVal(fmt.Sprint("v", i)).Observe(1)
	}
	h := New(reg)
	write := func() {
		if err := h.Write(t.Context(), io.Discard, OpenMetrics); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if n := testing.AllocsPerRun(10, write); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Browsers send the header to https and loopback addresses (W3C Fetch Metadata). Such a page cannot read the metrics, but could make the program walk.
func TestPagesOfOtherSitesAreRefused(t *testing.T) {
	read := false
	r := monkit.NewRegistry()
	r.ScopeNamed("s").Gauge("g", func() float64 { read = true; return 1 })
	h := New(r)
	for _, method := range []string{"GET", "HEAD"} {
		req := httptest.NewRequest(method, "/", nil)
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, req); w.Code != http.StatusForbidden || read {
			t.Errorf("%s: %d, the source is read: %v", method, w.Code, read)
		}
	}
}

func TestPagesWaitWhileOthersWalk(t *testing.T) {
	for range webpage.MaxWalks {
		walk, err := webpage.BeginWalk(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer walk.End()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := monkit.NewRegistry()
	r.ScopeNamed("s").Gauge("g", func() float64 { t.Error("the source is read"); return 1 })
	if err := New(r).Write(ctx, io.Discard, Text); err == nil {
		t.Error("a page is made beside as many walks as there may be")
	}
}
