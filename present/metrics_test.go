package present_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"monkit.example/present"
)

func TestMetricsAreNegotiated(t *testing.T) {
	const text, open = "text/plain; version=0.0.4; charset=utf-8", "application/openmetrics-text; version=1.0.0; charset=utf-8"
	h := present.HTTP(world(t))
	for _, tt := range []struct{ name, path, accept, contentType, has string }{
		{"curl", "/metrics", "*/*", text, `function_total{name="Outer",scope="my/scope"} 1` + "\n"},
		{"browser", "/metrics", browser, text, "# TYPE function_total counter\n"},
		{"Prometheus", "/metrics", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", open, "# TYPE function counter\n"},
		{"OpenMetrics after HTML", "/metrics", "text/html,application/openmetrics-text;q=0.5", open, "# EOF\n"},
		{"view", "/metrics/openmetrics", "text/plain", open, "# EOF\n"},
		{"other view", "/metrics/text", "application/openmetrics-text", text, "sizes_count{scope=\"my/scope\"} 1\n"},
		{"query", "/metrics?format=openmetrics", "text/plain", open, "# EOF\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := ask(h, "GET", tt.path, tt.accept)
			if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != tt.contentType {
				t.Errorf("got %d, %s", resp.StatusCode, got)
			}
			if page := body(t, resp); !strings.Contains(page, tt.has) {
				t.Errorf("%q is not in\n%s", tt.has, page)
			}
		})
	}
	if page := render(t, world(t), "/metrics/openmetrics"); !strings.HasSuffix(page, "# EOF\n") {
		t.Errorf("FromRequest writes\n%s", page)
	}
	if resp := ask(h, "GET", "/metrics?format=json", ""); resp.StatusCode != http.StatusBadRequest || !strings.Contains(body(t, resp), "the formats text, openmetrics") {
		t.Errorf("got %d", resp.StatusCode)
	}
}

func TestMetricsAreCompressed(t *testing.T) {
	h := present.HTTP(world(t))
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(z)
	if err != nil || !strings.Contains(string(page), "function_total{") || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%v, %v\n%s", err, w.Header(), page)
	}
	if resp := ask(h, "HEAD", "/metrics", ""); resp.StatusCode != 200 || body(t, resp) != "" {
		t.Errorf("HEAD: %d", resp.StatusCode)
	}
}
