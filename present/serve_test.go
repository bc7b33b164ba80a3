package present

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var errBroken = errors.New("broken")

func TestErrorBeforeTheFirstByteIsAStatus(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"of ours", errBroken, http.StatusInternalServerError},
		{"of the asker", badRequest("no"), http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			serve(w, func(out io.Writer) error {
				io.WriteString(out, "half a page")
				return tt.err
			}, 0)
			if w.Code != tt.want || w.Body.String() != tt.err.Error()+"\n" {
				t.Errorf("got %d, %q", w.Code, w.Body)
			}
		})
	}
}

func TestErrorAfterTheFirstByteBreaksTheConnection(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serve(w, func(out io.Writer) error {
			io.WriteString(out, strings.Repeat("x", 1<<20))
			return errBroken
		}, 0)
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

// lost is a client that went away.
type lost struct{ http.ResponseWriter }

func (lost) Write([]byte) (int, error) { return 0, errBroken }

func TestClientThatWentAwayIsNoFailure(t *testing.T) {
	serve(lost{httptest.NewRecorder()}, func(out io.Writer) error {
		_, err := io.WriteString(out, strings.Repeat("x", 1<<20))
		return err
	}, 0)
}

func TestPreference(t *testing.T) {
	for _, tt := range []struct{ accept, want string }{
		{"", ""},
		{"*/*", ""},
		{"text/*", ""},
		{"text/html", "html"},
		{"TEXT/HTML; charset=utf-8", "html"},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "html"},
		{"text/plain, text/html;q=0.5", "text"},
		{"text/html;q=0.5, text/plain", "text"},
		{"application/json", "json"},
		{"text/html;q=0", ""},
		{"text/html;q=2", ""},
		{"text/html;q=NaN", ""},
		{"text/html;q=-1", ""},
		{"text/html;q=x", ""},
		{";;,,text/html", "html"},
		{"image/png", ""},
	} {
		t.Run(tt.accept, func(t *testing.T) {
			if got := preference([]string{tt.accept}); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBelowAPattern(t *testing.T) {
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
