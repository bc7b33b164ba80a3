package web

import (
	"bufio"
	"context"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/webpage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAnswersAreHarmless(t *testing.T) {
	page := template.Must(template.New("").Parse("<p>{{.}}</p>"))
	broken := template.Must(template.New("").Parse("<p>{{.Nothing}}</p>"))
	assets := http.NewServeMux()
	Assets(assets)
	write := func(f func(w http.ResponseWriter)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { f(w) })
	}
	for _, tt := range []struct {
		name, path, kind, body string
		code                   int
		h                      http.Handler
	}{
		{"page", "/", "text/html", "<p>&lt;b&gt;</p>", 200, write(func(w http.ResponseWriter) { Write(w, page, "<b>") })},
		{"page that cannot be made", "/", "text/plain", "page: ", 500, write(func(w http.ResponseWriter) { Write(w, broken, 1) })},
		{"text", "/", "text/plain", "<b>", 200, write(func(w http.ResponseWriter) { WriteText(w, "<b>") })},
		{"JSON", "/", "application/json", "1\n", 200, write(func(w http.ResponseWriter) { WriteJSON(w, 1) })},
		{"JSON that cannot be made", "/", "text/plain", "json: ", 500, write(func(w http.ResponseWriter) { WriteJSON(w, func() {}) })},
		{"base stylesheet", "/style.css", "text/css", webpage.Style, 200, assets},
		{"stylesheet", "/style.css", "text/css", ".sparkline", 200, assets},
		{"script", "/live.js", "text/javascript", "live", 200, assets},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			tt.h.ServeHTTP(rec, httptest.NewRequest("GET", tt.path, nil))
			if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.body) || !strings.HasPrefix(rec.Header().Get("Content-Type"), tt.kind) {
				t.Errorf("%d %s %q", rec.Code, rec.Header().Get("Content-Type"), rec.Body)
			}
			if rec.Header().Get("X-Content-Type-Options") != "nosniff" || tt.code == 200 && !strings.Contains(rec.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("headers are %v", rec.Header())
			}
		})
	}
}

func TestOnlyLocal(t *testing.T) {
	h := OnlyLocal(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { WriteText(w, "secret") }))
	for host, want := range map[string]int{"127.0.0.1:1": 200, "localhost": 200, "[::1]:1": 200, "rebound.example": 403, "": 403} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		rec := httptest.NewRecorder()
		if h.ServeHTTP(rec, r); rec.Code != want || (want != 200) == strings.Contains(rec.Body.String(), "secret") {
			t.Errorf("host %q: %d %q", host, rec.Code, rec.Body)
		}
	}
}

// TestServeEnds has one reader whose page waits for its context, and one who
// never sends the whole of a request.
func TestServeEnds(t *testing.T) {
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	entered := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			WriteText(w, "ended")
		}))
	}()
	slow, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	io.WriteString(slow, "GET / HT") // what is missing never comes
	waiting, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	io.WriteString(waiting, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-entered
	cancel()
	waiting.SetReadDeadline(time.Now().Add(10 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(waiting), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); string(body) != "ended" {
		t.Errorf("the page under way said %q, %v", body, err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve() = %v", err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("it listens on")
	}
}

// pipes is a listener to which as many connect as it has room for.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestReadersAreBounded has twice as many readers as may come in.
func TestReadersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		var entered atomic.Int64
		leave := make(chan struct{})
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			entered.Add(1)
			<-leave
			WriteText(w, "in")
		})
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- Serve(ctx, l, h) }()
		var readers sync.WaitGroup
		for range 2 * maxReaders {
			readers.Go(func() {
				if body, err := readOnce(l.conns); body != "in" {
					t.Errorf("a reader got %q, %v", body, err)
				}
			})
		}
		synctest.Wait()
		if n := entered.Load(); n != maxReaders {
			t.Errorf("%d readers are in, want %d", n, maxReaders)
		}
		close(leave)
		readers.Wait()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// readOnce asks on a connection of its own.
func readOnce(accept chan<- net.Conn) (string, error) {
	conn, accepted := net.Pipe()
	defer conn.Close()
	accept <- accepted
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
		return "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// TestAPageMayWait has a page that says something only when a reader would
// long have been given up, and goes on after that.
func TestAPageMayWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(3 * writeTime)
				io.WriteString(w, "late ")
				http.NewResponseController(w).Flush()
				time.Sleep(3 * writeTime)
				io.WriteString(w, "and later")
			}))
		}()
		if body, err := readOnce(l.conns); body != "late and later" || err != nil {
			t.Errorf("the page said %q, %v", body, err)
		}
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

func TestServeTellsThatItBroke(t *testing.T) {
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := Serve(t.Context(), l, http.NotFoundHandler()); err == nil {
		t.Error("a listener that is closed is served")
	}
}
