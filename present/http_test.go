package present_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/present"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func ask(h http.Handler, method, target, accept string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost"
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStatusTypeAndBody(t *testing.T) {
	h := present.HTTP(world(t))
	const text, json, html = "text/plain; charset=utf-8", "application/json; charset=utf-8", "text/html; charset=utf-8"
	for _, tt := range []struct {
		method, target, accept string
		status                 int
		contentType, has       string
	}{
		{"GET", "/", "", 200, html, `href="./funcs/json"`},
		{"GET", "/", "*/*", 200, html, "<h1>"},
		{"GET", "/ps", "", 200, text, "(elapsed: "},
		{"GET", "/ps", "*/*", 200, text, "(elapsed: "},
		{"GET", "/ps", browser, 200, html, "<h1>Running now"},
		{"GET", "/ps/", "", 200, text, "(elapsed: "},
		{"GET", "//ps", "", 200, text, "(elapsed: "},
		{"GET", "/ps/text", browser, 200, text, "(elapsed: "},
		{"GET", "/ps/json", browser, 200, json, `"elapsed":`},
		{"GET", "/ps/json/more/elements", "", 200, json, `"elapsed":`},
		{"GET", "/ps/dot", "", 200, text, "digraph G {"},
		{"GET", "/funcs", "", 200, text, "success times:"},
		{"GET", "/funcs", browser, 200, html, "<h1>Functions"},
		{"GET", "/funcs", "application/json", 200, json, `"success_times":`},
		{"GET", "/funcs?format=json", browser, 200, json, `"success_times":`},
		{"GET", "/funcs?format=html", "", 200, html, "<h1>Functions"},
		{"GET", "/funcs/json", "", 200, json, `"success_times":`},
		{"GET", "/funcs/dot", "", 200, text, "digraph G {"},
		{"GET", "/stats", "", 200, text, "sizes,scope=my/scope count=1.000000\n"},
		{"GET", "/stats/text", "", 200, text, "sizes,scope=my/scope count=1.000000\n"},
		{"GET", "/stats/old", "", 200, text, "sizes,scope=my/scope count=1.000000\n"},
		{"GET", "/stats/json", "", 200, json, `["sizes",{"scope":"my/scope"},"count",1]`},
		{"GET", "/stats", browser, 200, html, "<h1>Statistics"},
		{"GET", "/trace", browser, 200, html, "<h1>Next trace"},
		{"GET", "/trace/svg", "", 400, text, "Bad Request: at least one of 'regex' or 'trace_id' query parameters required\n"},
		{"GET", "/trace/svg", browser, 400, html, "Bad Request: at least one of &#39;regex&#39; or &#39;trace_id&#39; query parameters required</p>"},
		{"GET", "/trace/wait?regex=F&as=xml", "", 400, text, "Bad Request: invalid as"},
		{"GET", "/trace/wait?regex=(", browser, 400, html, "Bad Request: invalid regex"},
		{"GET", "/trace/svg?regex=nope", "", 400, text, "Bad Request: regex preselect matches 0 functions\n"},
		{"GET", "/trace/json?regex=(", "", 400, text, "Bad Request: invalid regex"},
		{"GET", "/trace/json?trace_id=x%0ay", "", 400, text, "Bad Request: trace_id expected to be hex"},
		{"GET", "/trace/json?regex=F&preselect=2", "", 400, text, "Bad Request: invalid preselect"},
		{"GET", "/trace/json?trace_id=1&timeout=3", "", 400, text, "Bad Request: invalid timeout"},
		{"GET", "/trace/remote?trace_id=1&timeout=-3s", "", 400, text, "Bad Request: invalid timeout"},
		{"GET", "/trace/remote?trace_id=1&timeout=0s", "", 400, text, "Bad Request: invalid timeout"},
		{"GET", "/trace/json?trace_id=1&min_duration=-1ns", "", 400, text, "Bad Request: invalid min_duration"},
		{"GET", "/trace/svg?trace_id=1&min_duration=2", "", 400, text, "Bad Request: invalid min_duration"},
		{"GET", "/trace/svg?trace_id=1&min_duration=0s&timeout=0s", "", 400, text, "Bad Request: invalid timeout"},
		{"GET", "/trace/remote?regex=Outer&viz=%3a", "", 400, text, "Bad Request: invalid viz"},
		{"GET", "/ui/style.css", browser, 200, "text/css; charset=utf-8", webpage.Style},
		{"GET", "/ui/style.css", browser, 200, "text/css; charset=utf-8", ".tree"},
		{"HEAD", "/funcs", "", 200, text, ""},
		{"GET", "/nope", "", 404, text, "Not Found: path not found: /nope\n"},
		{"GET", "/funcs/xml", "", 404, text, "Not Found: path not found: /funcs/xml\n"},
		{"GET", "/funcs/xml", browser, 404, html, "Not Found: path not found: /funcs/xml</p>"},
		{"PUT", "/funcs", browser, 405, html, `<a href="./funcs">Functions</a>`},
		{"GET", "/stats/svg", "", 404, text, "Not Found: path not found: /stats/svg\n"},
		{"GET", "/ui/layout.html", "", 404, text, "Not Found"},
		{"GET", "/nope%0d%0aX:1", "", 404, text, `path not found: /nope\r\nX:1` + "\n"},
		{"GET", "/funcs?format=xml", "", 400, text, `Bad Request: format "xml": /funcs has the formats text, json, dot, html` + "\n"},
		{"POST", "/funcs", "", 405, text, "Method Not Allowed: these pages are read-only"},
		{"DELETE", "/nope", "", 405, text, "Method Not Allowed: "},
	} {
		t.Run(tt.method+" "+tt.target+" as "+tt.accept, func(t *testing.T) {
			resp := ask(h, tt.method, tt.target, tt.accept)
			if resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != tt.contentType {
				t.Errorf("got %d, %s; want %d, %s", resp.StatusCode, resp.Header.Get("Content-Type"), tt.status, tt.contentType)
			}
			if text := body(t, resp); !strings.Contains(text, tt.has) {
				t.Errorf("%q is not in\n%s", tt.has, text)
			}
		})
	}
}

func TestEveryResponseHasSecurityHeaders(t *testing.T) {
	h := present.HTTP(world(t))
	for _, path := range append(present.Paths(), "/nope") {
		header := ask(h, "GET", path, browser).Header
		if policy := header.Get("Content-Security-Policy"); strings.Contains(policy, "script-src") {
			t.Errorf("%s allows scripts: %s", path, policy)
		} else if images := strings.HasSuffix(policy, "; img-src 'self'"); images == strings.HasPrefix(path, "/metrics") {
			t.Errorf("%s has the policy %s", path, policy)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; ",
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "no-referrer",
			"Cache-Control":           "no-store",
			"Vary":                    "Accept",
		} {
			if got := header.Get(name); !strings.Contains(got, want) {
				t.Errorf("%s has %s: %q, want %q", path, name, got, want)
			}
		}
	}
	if got := ask(h, "PUT", "/", "").Header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow is %q", got)
	}
}

func TestNilRegistryIsTheDefault(t *testing.T) {
	monkit.ScopeNamed("present/test").Counter("of_default").Set(1)
	if text := body(t, ask(present.HTTP(nil), "GET", "/stats", "")); !strings.Contains(text, "of_default,scope=present/test value=1") {
		t.Errorf("monkit.Default is not shown:\n%s", text)
	}
}

func TestHeadResponseHasNoBody(t *testing.T) {
	server := httptest.NewServer(present.HTTP(world(t)))
	defer server.Close()
	resp, err := server.Client().Head(server.URL + "/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text := body(t, resp); resp.StatusCode != 200 || text != "" {
		t.Errorf("got %d and %q", resp.StatusCode, text)
	}
}

// errorStatus is the method set of the errors of FromRequest.
type errorStatus interface{ StatusCode() int }

func TestErrorOfFromRequestHasAStatus(t *testing.T) {
	_, _, err := present.FromRequest(monkit.NewRegistry(), "/nope", nil)
	status := errorStatus(nil)
	if !errors.As(err, &status) || status.StatusCode() != http.StatusNotFound {
		t.Errorf("got %v", err)
	}
}

func TestErrorOfTheWriterIsReturned(t *testing.T) {
	errFull := errors.New("full")
	r := world(t)
	for _, path := range present.Paths() {
		write, _, err := present.FromRequest(r, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(failing{errFull}); !errors.Is(err, errFull) {
			t.Errorf("%s returned %v", path, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
