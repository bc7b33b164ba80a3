package present_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"monkit.example/present"
)

// mounts are the ways to mount the pages in a server.
var mounts = []struct {
	name, entry string
	mount       func(*http.ServeMux, http.Handler)
}{
	{"root", "/", func(m *http.ServeMux, h http.Handler) { m.Handle("/", h) }},
	{"stripped prefix", "/mon/", func(m *http.ServeMux, h http.Handler) { m.Handle("/mon/", http.StripPrefix("/mon", h)) }},
	{"stripped prefix with its slash", "/mon/", func(m *http.ServeMux, h http.Handler) { m.Handle("/mon/", http.StripPrefix("/mon/", h)) }},
	{"subtree", "/debug/mon/", func(m *http.ServeMux, h http.Handler) { m.Handle("/debug/mon/", h) }},
	{"subtree, without the slash", "/debug/mon", func(m *http.ServeMux, h http.Handler) { m.Handle("/debug/mon/", h) }},
	{"subtree named as a page", "/debug/funcs/", func(m *http.ServeMux, h http.Handler) { m.Handle("GET /debug/funcs/", h) }},
	{"subtree of a wildcard", "/a/mon/", func(m *http.ServeMux, h http.Handler) {
		m.Handle("example.com/no/", h)
		m.Handle("/{who}/mon/{rest...}", h)
	}},
	{"subtree with a space", "/my%20app/mon/", func(m *http.ServeMux, h http.Handler) { m.Handle("/my%20app/mon/", h) }},
	{"both patterns", "/mon", func(m *http.ServeMux, h http.Handler) {
		m.Handle("/mon", http.StripPrefix("/mon", h))
		m.Handle("/mon/", http.StripPrefix("/mon", h))
	}},
	{"proxy that removes a prefix", "/outer/mon/", func(m *http.ServeMux, h http.Handler) {
		inner := http.NewServeMux()
		inner.Handle("/mon/", h)
		m.Handle("/outer/", http.StripPrefix("/outer", inner))
	}},
}

func TestEveryLinkWorks(t *testing.T) {
	for _, tt := range mounts {
		for _, accept := range []string{browser, "*/*"} {
			t.Run(tt.name+" as "+accept, func(t *testing.T) {
				mux := http.NewServeMux()
				tt.mount(mux, present.HTTP(world(t)))
				server := httptest.NewServer(mux)
				defer server.Close()
				w := walker{t: t, client: server.Client(), accept: accept, seen: map[string]bool{}}
				w.visit(server.URL + tt.entry)

				base, err := url.PathUnescape(strings.TrimSuffix(tt.entry, "/"))
				if err != nil {
					t.Fatal(err)
				}
				for _, path := range present.Paths() {
					if !w.seen[base+path] && !strings.HasSuffix(path, "/old") {
						t.Errorf("no link leads to %s", path)
					}
				}
			})
		}
	}
}

// walker follows every link of the pages, and fails the test if one is broken.
type walker struct {
	t      *testing.T
	client *http.Client
	accept string
	seen   map[string]bool // by path
}

func (w *walker) visit(target string) {
	req, err := http.NewRequest("GET", target, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Accept", w.accept)
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		w.t.Errorf("%s: %s", target, resp.Status)
	}
	here := resp.Request.URL // after redirects
	w.seen[here.Path] = true
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		io.Copy(io.Discard, resp.Body)
		return
	}
	for _, link := range links(resp.Body) {
		to, err := here.Parse(link)
		if u, _ := url.Parse(link); err != nil || u.IsAbs() || u.Host != "" || strings.HasPrefix(link, "/") {
			w.t.Errorf("%s links to %q, which is not relative", here, link)
			continue
		}
		if !w.seen[to.Path] {
			w.visit(to.String())
		}
	}
}

func links(page io.Reader) (all []string) {
	z := html.NewTokenizer(page)
	for z.Next() != html.ErrorToken {
		for _, a := range z.Token().Attr {
			if a.Key == "href" || a.Key == "src" || a.Key == "action" {
				all = append(all, a.Val)
			}
		}
	}
	return all
}

func TestUnknownPathIsNotFound(t *testing.T) {
	for _, tt := range mounts {
		t.Run(tt.name, func(t *testing.T) {
			mux := http.NewServeMux()
			tt.mount(mux, present.HTTP(world(t)))
			for _, page := range []string{"nope", "nope/", "stats/nope"} {
				w := httptest.NewRecorder()
				mux.ServeHTTP(w, httptest.NewRequest("GET", strings.TrimSuffix(tt.entry, "/")+"/"+page, nil))
				if w.Code != http.StatusNotFound {
					t.Errorf("%s: got %d, want 404", page, w.Code)
				}
			}
		})
	}
}

func TestMountPointWithoutSlashRedirects(t *testing.T) {
	h := present.HTTP(world(t))
	for _, tt := range []struct{ target, location string }{
		{"/mon", "./mon/"},
		{"/debug/mon?q=1", "./mon/?q=1"},
		{"/a%20b", "./a%20b/"},
		{"/mon/", ""},
		{"http://example.com", ""},
	} {
		t.Run(tt.target, func(t *testing.T) {
			r := httptest.NewRequest("GET", tt.target, nil)
			r.URL.Path = ""
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("Location"); got != tt.location || (got == "") != (w.Code == 200) {
				t.Errorf("got %d, %q; want %q", w.Code, got, tt.location)
			}
		})
	}
}
