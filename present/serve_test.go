package present

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"monkit.example/internal/hostile"
	"monkit.example/monkit"
)

var errBroken = errors.New("broken")

func TestErrorBeforeTheFirstByteBecomesAStatus(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"error of the page", errBroken, http.StatusInternalServerError},
		{"error of the client", badRequest("no"), http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			serve(w, func(out io.Writer) error {
				io.WriteString(out, "half a page")
				return tt.err
			}, 0, func(err error) { writeError(w, err) })
			if w.Code != tt.want || w.Body.String() != tt.err.Error()+"\n" {
				t.Errorf("got %d, %q", w.Code, w.Body)
			}
		})
	}
}

func TestErrorAfterTheFirstByteAbortsTheConnection(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serve(w, func(out io.Writer) error {
			io.WriteString(out, strings.Repeat("x", 1<<20))
			return errBroken
		}, 0, func(err error) { t.Error("a second response") })
	}))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a page looks whole: %d bytes, %v", n, err)
	}
}

// The error of a page that panicked has text of the program.
func TestErrorsPrintInEveryForm(t *testing.T) {
	for accept, kind := range map[string]string{"": "text/plain", "text/html": "text/html"} {
		for _, text := range hostile.Texts {
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/funcs", nil)
			r.Header.Set("Accept", accept)
			newHandler(monkit.Default, Options{}).fail(w, r, "/funcs", errors.New("panicked: "+text))
			if bad := hostile.Unprintable(w.Body.String()); bad != "" || w.Code != http.StatusInternalServerError ||
				!strings.HasPrefix(w.Header().Get("Content-Type"), kind) || !strings.Contains(w.Body.String(), "panicked: ") {
				t.Errorf("%s of %q: %d has %q in\n%s", kind, text, w.Code, bad, w.Body)
			}
		}
	}
}

// disconnected is the response to a client that has disconnected.
type disconnected struct{ http.ResponseWriter }

func (disconnected) Write([]byte) (int, error) { return 0, errBroken }

func TestServeReturnsWhenTheClientDisconnects(t *testing.T) {
	serve(disconnected{httptest.NewRecorder()}, func(out io.Writer) error {
		_, err := io.WriteString(out, strings.Repeat("x", 1<<20))
		return err
	}, 0, func(err error) { t.Errorf("a response after %v", err) })
}

func TestPreferredView(t *testing.T) {
	for _, tt := range []struct{ name, accept, want string }{
		{"no header", "", ""},
		{"wildcard prefers nothing", "*/*", ""},
		{"wildcard of text prefers nothing", "text/*", ""},
		{"html", "text/html", "html"},
		{"case and other parameters do not matter", "TEXT/HTML; charset=utf-8", "html"},
		{"browser", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "html"},
		{"json", "application/json", "json"},
		{"larger q wins", "text/plain, text/html;q=0.5", "text"},
		{"order does not matter against q", "text/html;q=0.5, text/plain", "text"},
		{"no q is no less than q=1", "text/html, application/json;q=1", "html"},
		{"no q is no more than q=1", "application/json;q=1, text/html", "json"},
		{"q=0 excludes", "text/html;q=0", ""},
		{"q above 1 is invalid", "text/html;q=2", ""},
		{"q=NaN is invalid", "text/html;q=NaN", ""},
		{"negative q is invalid", "text/html;q=-1", ""},
		{"q that is no number is invalid", "text/html;q=x", ""},
		{"empty elements are skipped", ";;,,text/html", "html"},
		{"type without a view", "image/png", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := preferredView([]string{tt.accept}); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPatternIsRemovedFromThePath(t *testing.T) {
	for _, tt := range []struct{ pattern, path, want string }{
		{"", "/debug/mon/funcs", "/debug/mon/funcs"},
		{"/", "/funcs/json", "/funcs/json"},
		{"/", "/nope", "/nope"},
		{"/debug/mon/", "/debug/mon/", "/"},
		{"/debug/mon/", "/debug/mon/funcs/json", "/funcs/json"},
		{"GET example.com/debug/mon/", "/debug/mon/funcs", "/funcs"},
		{"/{tenant}/mon/", "/a/mon/funcs", "/funcs"},
		{"/mon/{rest...}", "/mon/funcs", "/funcs"},
		{"/mon", "/mon", ""},
		{"/mon/", "/funcs", "/funcs"}, // behind http.StripPrefix
		{"/mon/", "", ""},
		{"/funcs/", "/funcs/json", "/funcs/json"},
		{"/a/b/c/", "/x", "/x"},
		{"/a/b/c/", "/a/b", "/a/b"},
		{"/mon/", "/monk", "/monk"},
		{"/my%20app/", "/my app/funcs", "/funcs"},
		{"/mon/{$}", "/mon/", "/"},
	} {
		t.Run(tt.pattern+" "+tt.path, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Pattern, r.URL.Path = tt.pattern, tt.path
			if got := pathOf(r); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
