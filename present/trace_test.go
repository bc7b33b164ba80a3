package present_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// page is a page that a goroutine may still be writing.
type page struct {
	err  error         // set before done is closed
	done chan struct{} // closed when the page is complete

	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// begin starts to write the page at target and returns its content type.
func begin(t *testing.T, r *monkit.Registry, target string) (*page, string) {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	write, contentType, err := present.FromRequest(r, u.Path, u.Query())
	if err != nil {
		t.Fatal(err)
	}
	p := &page{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = write(p)
	}()
	return p, contentType
}

// traced runs Outer, which calls Inner, in a trace with that id.
func traced(r *monkit.Registry, id int64) {
	s := r.ScopeNamed("my/scope")
	ctx := context.Background()
	defer s.FuncNamed("Outer").RemoteTrace(&ctx, 0, monkit.NewTrace(id))(nil)
	call(ctx, s.FuncNamed("Inner"), nil)
}

func TestTracePagesShowTheNextMatch(t *testing.T) {
	for _, tt := range []struct {
		target, contentType string
		has                 []string
	}{
		{"/trace/svg?regex=Outer", "image/svg+xml; charset=utf-8", []string{"my/scope.Outer", "my/scope.Inner"}},
		{"/trace/json?regex=Outer", "application/json; charset=utf-8", []string{`"name":"Outer"`, `"name":"Inner"`, `"finish":`}},
		{"/trace/json?trace_id=2b", "application/json; charset=utf-8", []string{`"id":43,`, `"name":"Outer"`}},
		{"/trace/json?regex=Late&preselect=false", "application/json; charset=utf-8", []string{`"name":"Late"`}},
		{"/trace/remote?regex=Inner", "application/json; charset=utf-8", []string{`{"trace_id":43,"trace_id_hex":"000000000000002b"}`}},
		{"/trace/remote?regex=Inner&viz=host/x?a=b", "text/html; charset=utf-8", []string{`href="http://host/x?a=b&amp;argv=43"`}},
	} {
		t.Run(tt.target, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := monkit.NewRegistry()
				r.ScopeNamed("my/scope").FuncNamed("Outer")
				r.ScopeNamed("my/scope").FuncNamed("Inner")
				p, contentType := begin(t, r, tt.target)
				synctest.Wait()
				traced(r, 43)
				call(context.Background(), r.ScopeNamed("s").FuncNamed("Late"), nil)
				<-p.done
				if p.err != nil || contentType != tt.contentType {
					t.Errorf("%v, %s", p.err, contentType)
				}
				for _, has := range tt.has {
					if !strings.Contains(p.String(), has) {
						t.Errorf("no %q in\n%s", has, p)
					}
				}
			})
		})
	}
}

func TestTracePagesPassOverSpansShorterThanMinDuration(t *testing.T) {
	for _, page := range []struct {
		path  string
		query func(*monkit.Registry, io.Writer, func(*monkit.Span) bool, time.Duration) error
	}{
		{"/trace/json", present.TraceQueryJSON},
		{"/trace/svg", present.TraceQuerySVG},
	} {
		for name, write := range map[string]func(*monkit.Registry) present.Result{
			"page": func(r *monkit.Registry) present.Result {
				query := url.Values{"regex": {"Work"}, "preselect": {"false"}, "min_duration": {"2s"}}
				write, _, err := present.FromRequest(r, page.path, query)
				if err != nil {
					t.Fatal(err)
				}
				return write
			},
			"function": func(r *monkit.Registry) present.Result {
				return func(w io.Writer) error {
					return page.query(r, w, func(s *monkit.Span) bool { return s.Parent() == nil }, 2*time.Second)
				}
			},
		} {
			t.Run(page.path+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := monkit.NewRegistry()
					result, text := write(r), new(strings.Builder)
					done := make(chan error)
					go func() { done <- result(text) }()
					for _, d := range []time.Duration{time.Second, 2*time.Second - 1, 2 * time.Second, 3 * time.Second} {
						synctest.Wait()
						ctx := context.Background()
						finish := r.ScopeNamed("s").FuncNamed("Work").Task(&ctx, d.String())
						time.Sleep(d)
						finish(nil)
					}
					if err := <-done; err != nil {
						t.Error(err)
					}
					if got := text.String(); !strings.Contains(got, "2s") || strings.Contains(got, "1.999999999s") || strings.Contains(got, "3s") {
						t.Errorf("want the span of 2 s, got\n%s", got)
					}
				})
			})
		}
	}
}

func TestRemoteExportsTheNextTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		r.ScopeNamed("my/scope").FuncNamed("Outer")
		r.ScopeNamed("my/scope").FuncNamed("Inner")
		var exported []string
		defer tracing.ObserveSampledTraces(r, nil, exporter(func(s *monkit.Span) {
			exported = append(exported, s.Func().ShortName())
		}))()
		traced(r, 1)
		p, _ := begin(t, r, "/trace/remote?regex=Inner")
		synctest.Wait()
		traced(r, 2)
		traced(r, 3)
		<-p.done
		if got := strings.Join(exported, " "); got != "Inner Outer" {
			t.Errorf("exported %q", got)
		}
	})
}

type exporter func(*monkit.Span)

func (exporter) Start(*monkit.Span)                                    {}
func (f exporter) Finish(s *monkit.Span, _ error, _ bool, _ time.Time) { f(s) }

// In monkit/v3 the page redirected to any address in viz.
func TestFaultRemoteDoesNotRedirect(t *testing.T) {
	r := monkit.NewRegistry()
	r.ScopeNamed("my/scope").FuncNamed("Outer")
	synctest.Test(t, func(t *testing.T) {
		p, _ := begin(t, r, "/trace/remote?regex=Outer&viz=http://evil/")
		synctest.Wait()
		traced(r, 1)
		<-p.done
		if strings.Contains(p.String(), "refresh") || strings.Contains(p.String(), "<script") {
			t.Errorf("the page redirects:\n%s", p)
		}
	})
	for _, viz := range []string{"http:", "http:///x", "https://", "\x00"} {
		if _, _, err := present.FromRequest(r, "/trace/remote", url.Values{"regex": {"Outer"}, "viz": {viz}}); err == nil {
			t.Errorf("viz=%q is accepted", viz)
		}
	}
}

// In monkit/v3 the newlines that keep the connection alive made the SVG
// malformed.
func TestFaultKeepAliveLeavesOutputWellFormed(t *testing.T) {
	for _, tt := range []struct {
		target string
		check  func(text string) error
	}{
		{"/trace/svg?regex=Outer&timeout=5m", func(text string) error { return xml.Unmarshal([]byte(text), new(struct{})) }},
		{"/trace/json?regex=Outer&timeout=5m", func(text string) error { return json.Unmarshal([]byte(text), new([]any)) }},
		{"/trace/remote?regex=Outer&timeout=5m", func(text string) error { return json.Unmarshal([]byte(text), new(struct{})) }},
	} {
		t.Run(tt.target, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := monkit.NewRegistry()
				r.ScopeNamed("my/scope").FuncNamed("Outer")
				p, _ := begin(t, r, tt.target)
				time.Sleep(95 * time.Second)
				synctest.Wait()
				if got := p.String(); got != "\n\n" {
					t.Errorf("after 95 s the page is %q, want two newlines", got)
				}
				traced(r, 1)
				<-p.done
				if err := tt.check(p.String()); err != nil || p.err != nil {
					t.Errorf("%v, %v in\n%s", p.err, err, p)
				}
			})
		})
	}
}

func TestWaitEndsWhenItsWriterFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errGone := errors.New("gone")
		err := present.TraceQueryJSON(monkit.NewRegistry(), failing{errGone}, func(*monkit.Span) bool { return false }, 0)
		if !errors.Is(err, errGone) {
			t.Errorf("got %v", err)
		}
		if err := present.TraceQuerySVG(monkit.NewRegistry(), failing{errGone}, nil, 0); !errors.Is(err, errGone) {
			t.Errorf("got %v", err)
		}
	})
}

// In monkit/v3 a wait continued after the client had disconnected.
func TestFaultWaitEndsWithTheRequest(t *testing.T) {
	r := monkit.NewRegistry()
	r.ScopeNamed("my/scope").FuncNamed("Outer")
	pages := present.HTTP(r)
	ended := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { ended <- struct{}{} }()
		pages.ServeHTTP(w, r)
	}))
	defer server.Close()
	for _, path := range []string{"/trace/svg", "/trace/json", "/trace/remote"} {
		ctx, cancel := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, "GET", server.URL+path+"?regex=Outer", nil)
		if err != nil {
			t.Fatal(err)
		}
		answered := make(chan error, 1)
		go func() {
			_, err := server.Client().Do(request)
			answered <- err
		}()
		for !present.Waiting() {
			time.Sleep(time.Millisecond)
		}
		cancel()
		if err := <-answered; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", path, err)
		}
		<-ended // blocks if the wait continues
	}
}

// deadlines is a response that records the write deadlines it is given.
type deadlines struct {
	*httptest.ResponseRecorder
	left []time.Duration // from each call to its deadline
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	d.left = append(d.left, time.Until(at))
	return nil
}

func TestWaitExtendsTheWriteTimeoutOfTheServer(t *testing.T) {
	for _, tt := range []struct {
		timeout time.Duration
		want    []time.Duration
	}{
		{0, nil},
		{time.Second, []time.Duration{46 * time.Second, 46 * time.Second, time.Second}},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := monkit.NewRegistry()
			ctx := context.WithValue(t.Context(), http.ServerContextKey, &http.Server{WriteTimeout: tt.timeout})
			w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
			done := make(chan struct{})
			go func() {
				defer close(done)
				present.HTTP(r).ServeHTTP(w, httptest.NewRequest("GET", "/trace/json?regex=Outer&preselect=false&timeout=2m", nil).WithContext(ctx))
			}()
			time.Sleep(60 * time.Second)
			traced(r, 1)
			<-done
			if w.Code != http.StatusOK || !slices.Equal(w.left, tt.want) {
				t.Errorf("status %d, deadlines after %v, want %v", w.Code, w.left, tt.want)
			}
		})
	}
}

func TestFewWaitAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		r.ScopeNamed("my/scope").FuncNamed("Outer")
		var all []*page
		for range present.MaxWaiting {
			p, _ := begin(t, r, "/trace/json?regex=Outer")
			all = append(all, p)
		}
		synctest.Wait()
		resp := ask(present.HTTP(r), "GET", "/trace/svg?regex=Outer", "")
		if text := body(t, resp); resp.StatusCode != 503 || !strings.Contains(text, "wait for traces already") {
			t.Errorf("got %d, %s", resp.StatusCode, text)
		}
		traced(r, 1)
		for _, p := range all {
			if <-p.done; p.err != nil {
				t.Error(p.err)
			}
		}
		if present.Waiting() {
			t.Error("a request still counts as waiting")
		}
	})
}

func TestDeadlineOfTheRequestBecomesAStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		r.ScopeNamed("my/scope").FuncNamed("Outer")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := httptest.NewRecorder()
		present.HTTP(r).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/trace/svg?regex=Outer", nil))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("got %d, %s", w.Code, w.Body)
		}
	})
}

func TestEveryWaitHasATimeout(t *testing.T) {
	for _, v := range present.Views() {
		for query, want := range map[string]time.Duration{"": 30 * time.Second, "&timeout=": 30 * time.Second, "&timeout=3s": 3 * time.Second} {
			if !v.Waits {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				status := http.StatusServiceUnavailable
				if v.Path == "/trace/wait" { // its first part is sent before it waits
					status = http.StatusOK
				}
				began := time.Now()
				resp := ask(present.HTTP(monkit.NewRegistry()), "GET", v.Path+"?trace_id=1"+query, "")
				text := body(t, resp)
				if waited := time.Since(began); resp.StatusCode != status || waited != want || !strings.Contains(text, "timeout") {
					t.Errorf("%s%s: %d after %s, %s", v.Path, query, resp.StatusCode, waited, text)
				}
			})
		}
	}
}

// A wait that takes longer than its first newline cannot have a status any more,
// so the connection is cut: half a page must not look whole.
func TestLongestTimeoutEndsThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p, _ := begin(t, monkit.NewRegistry(), "/trace/json?trace_id=1&timeout=10m")
		<-p.done
		if waited := time.Since(began); p.err == nil || waited != 10*time.Minute {
			t.Errorf("%v after %s", p.err, waited)
		}
	})
}

// TestParametersAreCheckedOnEveryPageThatTakesThem covers invalid durations,
// also where they have no effect.
func TestParametersAreCheckedOnEveryPageThatTakesThem(t *testing.T) {
	h := present.HTTP(world(t))
	for _, v := range present.Views() {
		if !v.Waits {
			continue
		}
		for query, want := range map[string]string{
			"min_duration=x": "min_duration", "min_duration=-1s": "min_duration", "min_duration=1": "min_duration", "min_duration=1s1": "min_duration",
			"min_duration=99999999999999h": "min_duration",
			"timeout=x":                    "timeout", "timeout=0s": "timeout", "timeout=-1s": "timeout", "timeout=5": "timeout", "timeout=10m1ns": "timeout", "timeout=1000000h": "timeout",
			"preselect=x": "preselect", "regex=(": "regex", "regex=(?:.{100}){100}": "regex", "regex=" + strings.Repeat("a", 1025): "regex", "trace_id=x": "trace_id",
		} {
			if !strings.HasPrefix(query, "regex") {
				query += "&regex=Outer"
			}
			resp := ask(h, "GET", v.Path+"?"+query, "")
			if text := body(t, resp); resp.StatusCode != 400 || !strings.Contains(text, want) {
				t.Errorf("%s?%.50s: %d, %s", v.Path, query, resp.StatusCode, text)
			}
		}
	}
}

func TestSpansToFunctionsAreThoseOfTracing(t *testing.T) {
	var ours, theirs strings.Builder
	for _, err := range []error{
		present.SpansToSVG(&ours, nil), tracing.SpansToSVG(&theirs, nil),
		present.SpansToJSON(&ours, nil), tracing.SpansToJSON(&theirs, nil),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if ours.String() != theirs.String() {
		t.Errorf("%s\nand\n%s", &ours, &theirs)
	}
}

func TestKeepAliveIsFlushed(t *testing.T) {
	flushed := 0
	present.WriteKeepAlive(flusher{io.Discard, func() error { flushed++; return nil }})
	if flushed != 1 {
		t.Errorf("flushed %d times", flushed)
	}
	errGone := fmt.Errorf("gone")
	if err := present.WriteKeepAlive(flusher{io.Discard, func() error { return errGone }}); err != errGone {
		t.Errorf("got %v", err)
	}
}

type flusher struct {
	io.Writer
	flush func() error
}

func (f flusher) Flush() error { return f.flush() }
