package servers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func post(t *testing.T, url, text string) {
	t.Helper()
	r, err := client.Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode/100 != 2 {
		t.Fatalf("post %s: %s", url, r.Status)
	}
}

func TestGraphite(t *testing.T) {
	t.Parallel()
	g := Graphite(t)
	now := time.Now().Unix()
	for _, tt := range []struct{ name, network, series, target string }{
		{"plain line over TCP", "tcp", "raw.tcp", "raw.tcp"},
		{"plain line over UDP", "udp", "raw.udp", "raw.udp"},
		{"tagged line", "tcp", "raw.tagged;func=Play;scope=a.b", "seriesByTag('name=raw.tagged','func=Play')"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			Send(t, tt.network, g.Line, fmt.Sprintf("%s 41.5 %d\n", tt.series, now))
			EventuallyValue(t, tt.series, 41.5, func() (float64, error) { return g.Last(tt.target) })
		})
	}
}

func TestInfluxDB(t *testing.T) {
	t.Parallel()
	s := InfluxDB(t)
	line := fmt.Sprintf("raw,via=%%s,path=a\\ b x=41.5,y=2 %d\n", time.Now().UnixNano())
	post(t, s.WriteURL(), fmt.Sprintf(line, "http"))
	Send(t, "udp", s.UDP, fmt.Sprintf(line, "udp"))
	for _, via := range []string{"http", "udp"} {
		EventuallyValue(t, via, 41.5, func() (float64, error) {
			return s.Last("raw", "x", map[string]string{"via": via, "path": "a b"})
		})
	}
}

func TestInfluxDBReportsErrors(t *testing.T) {
	t.Parallel()
	s := InfluxDB(t)
	if rows, err := s.Query("SELECT nonsense"); err == nil {
		t.Errorf("a malformed query returned %v and no error", rows)
	}
	if v, err := s.Last("absent", "x", nil); err == nil {
		t.Errorf("a series that does not exist has the value %v", v)
	}
}

func TestVictoriaMetrics(t *testing.T) {
	t.Parallel()
	s := VictoriaMetrics(t)
	now := time.Now()
	Send(t, "tcp", s.Graphite, fmt.Sprintf("raw.tcp 41.5 %d\n", now.Unix()))
	Send(t, "udp", s.Graphite, fmt.Sprintf("raw.udp;scope=a 42.5 %d\n", now.Unix()))
	post(t, s.WriteURL(), fmt.Sprintf("raw,scope=a x=43.5 %d\n", now.UnixNano()))
	for selector, want := range map[string]float64{
		`{__name__="raw.tcp"}`:            41.5,
		`{__name__="raw.udp", scope="a"}`: 42.5,
		`raw_x{scope="a"}`:                43.5,
	} {
		EventuallyValue(t, selector, want, func() (float64, error) { return s.Last(selector) })
	}
}

func TestStatsdExporter(t *testing.T) {
	t.Parallel()
	s := StatsdExporter(t)
	Send(t, "udp", s.Addr, "raw.count:3|c\nraw.count:4|c\nraw.level:2.5|g\nraw.tagged:1|c|#k:a b\n")
	Send(t, "tcp", s.Addr, "raw.tcp:7|g\n")
	for series, want := range map[string]float64{
		"raw_count": 7, "raw_level": 2.5, `raw_tagged{k="a b"}`: 1, "raw_tcp": 7,
	} {
		EventuallyValue(t, series, want, func() (float64, error) { return s.Value(series) })
	}
}

func TestPrometheus(t *testing.T) {
	t.Parallel()
	const page = "# HELP raw_total Help.\n# TYPE raw_total counter\nraw_total{a=\"b\"} 41.5\n"
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprint(w, strings.ReplaceAll(page, "41.5", r.FormValue("val")))
	}))
	defer target.Close()
	s := Prometheus(t, map[string]string{"good": target.URL + "/page?val=41.5", "bad": target.URL + "/page?val=nonsense"})
	EventuallyValue(t, "raw_total", 41.5, func() (float64, error) { return s.Last(`raw_total{a="b",job="good"}`) })
	if kind, err := s.Type("good", "raw_total"); err != nil || kind != "counter" {
		t.Errorf("the type is %q, %v", kind, err)
	}
	if v, err := s.Last("absent"); err == nil {
		t.Errorf("a series that does not exist has the value %v", v)
	}
	Eventually(t, "the error of the bad page", func() error {
		if err := s.Scraped(); err == nil || !strings.Contains(err.Error(), "val=nonsense is down") || strings.Contains(err.Error(), "41.5") {
			return fmt.Errorf("the error is %w", err)
		}
		return nil
	})
	if wishes := CheckMetrics(t, page); len(wishes) != 0 {
		t.Errorf("promtool: %q", wishes)
	}
	if wishes := CheckMetrics(t, "# TYPE raw gauge\nraw 1\n"); len(wishes) != 1 || wishes[0] != "raw no help text" {
		t.Errorf("promtool: %q", wishes)
	}
}
