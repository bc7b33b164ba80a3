package present_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/hostile"
	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// site has text in every place that takes text from a program.
type site struct {
	pages http.Handler
	query string // has what any view needs
	run   func() // runs a function, so that a view that waits finds one
}

// newSite returns a site with the arguments, annotations and error texts of
// arg, and the names of name.
func newSite(t *testing.T, name, arg string, hosts ...string) site {
	t.Helper()
	r := monkit.NewRegistry()
	rec := tracing.NewRecorder(r, tracing.RecorderOptions{})
	t.Cleanup(rec.Close)
	s := r.ScopeNamed(name)
	s.Counter(name, monkit.NewSeriesTag(name, name)).Inc(1)
	f := s.FuncNamed(name+"F", monkit.NewSeriesTag(name, name))
	task := func() func(*error) {
		ctx := context.Background()
		finish := f.Task(&ctx, arg, []byte(arg), errors.New(arg))
		span := monkit.SpanFromCtx(ctx)
		span.Annotate(arg, arg)
		span.AnnotateValue(arg+"n", 1)
		return finish
	}
	run := func() {
		err := error(secretError{name, arg})
		task()(&err)
	}
	run()
	open := task()
	t.Cleanup(func() { open(nil) })
	query := url.Values{"id": {rec.Traces()[0].ID}, "regex": {"F"}, "timeout": {"10s"}, "viz": {"viewer.example"}}
	return site{present.HTTPWith(r, present.Options{Recorder: rec, Hosts: hosts}), "?" + query.Encode(), run}
}

// secretError is counted by a name, and has another text.
type secretError struct{ name, text string }

func (e secretError) Error() string        { return e.text }
func (e secretError) Name() (string, bool) { return e.name, true }

// get returns the response of a view to a request for host with these headers.
func (s site) get(t *testing.T, v present.View, host string, header http.Header) (got *httptest.ResponseRecorder) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", v.Path+s.query, nil)
	r.Host = host
	for name, values := range header {
		r.Header[name] = values
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.pages.ServeHTTP(w, r)
	}()
	if v.Waits {
		synctest.Wait()
		s.run()
	}
	<-served
	return w
}

// A page of an attacker, whose name the attacker lets resolve to a loopback
// address, is same-origin with these pages (DNS rebinding, as in
// golang/go#23993): the Host header alone shows it.
func TestUntrustedHostsSeeNamesAndNumbersOnly(t *testing.T) {
	const name, secret = "Visible", "secret"
	for _, v := range present.Views() {
		t.Run(v.Path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, name, secret, "pages.example")
				whole := s.get(t, v, "localhost:9000", nil).Body.String()
				for host, trusted := range map[string]bool{
					"127.0.0.1": true, "[::1]:9000": true, "192.0.2.1:80": true, "LOCALHOST.": true, "app.localhost:1": true,
					"pages.example:9000": true, "PAGES.example": true,
					"evil.example": false, "evil.example:9000": false, "": false, "localhost.evil.example": false,
					"127.0.0.1.evil.example": false, "notpages.example": false, "127.1": false,
				} {
					w := s.get(t, v, host, nil)
					got := w.Body.String()
					if w.Code != http.StatusOK {
						t.Fatalf("%q: %d %s", host, w.Code, got)
					}
					if strings.Contains(got, secret) != (trusted && strings.Contains(whole, secret)) {
						t.Errorf("for the host %q the page is\n%s", host, got)
					}
					if strings.Contains(got, name) != strings.Contains(whole, name) {
						t.Errorf("for the host %q there are no names on\n%s", host, got)
					}
					option := strings.Contains(got, "Options.Hosts") || strings.Contains(got, "Options&#46;Hosts")
					if option != (!trusted && strings.Contains(whole, secret)) {
						t.Errorf("for the host %q the page names the option: %v\n%s", host, option, got)
					}
				}
			})
		})
	}
}

// A filter that matched hidden texts would reveal them.
func TestUntrustedHostsCannotFilterHiddenTexts(t *testing.T) {
	s := newSite(t, "Visible", "secret")
	for _, v := range present.Views() {
		if !v.Walks {
			continue
		}
		s.query += "&q=secret"
		if got := s.get(t, v, "evil.example", nil).Body.String(); strings.Contains(got, "VisibleF(") {
			t.Errorf("%s finds hidden texts:\n%s", v.Path, got)
		}
	}
}

func TestProgramsSeeAllTexts(t *testing.T) {
	if got := render(t, world(t), "/ps"); strings.Contains(got, present.HiddenText) || !strings.Contains(got, "a<b>") {
		t.Errorf("FromRequest hides texts:\n%s", got)
	}
}

// Browsers add the header to requests to https and loopback addresses (W3C Fetch
// Metadata, for potentially trustworthy URLs).
func TestPagesOfOtherSitesAreRefused(t *testing.T) {
	for _, v := range present.Views() {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, "Visible", "secret")
			for site, want := range map[string]int{"cross-site": 403, "Cross-Site": 403, "same-origin": 200, "same-site": 200, "none": 200} {
				began := time.Now()
				w := s.get(t, v, "127.0.0.1", http.Header{"Sec-Fetch-Site": {site}})
				if w.Code != want || want == 403 && strings.Contains(w.Body.String(), "Visible") || time.Since(began) > 0 {
					t.Errorf("%s for a page that is %s: %d after %s\n%s", v.Path, site, w.Code, time.Since(began), w.Body)
				}
				if w.Header().Get("Content-Security-Policy") == "" {
					t.Errorf("%s has no policy", v.Path)
				}
			}
		})
	}
}

func TestHeadNeitherWorksNorWaits(t *testing.T) {
	r := monkit.NewRegistry()
	r.ScopeNamed("s").Gauge("g", func() float64 { t.Error("a series is read"); return 0 })
	for _, v := range present.Views() {
		w := httptest.NewRecorder()
		present.HTTP(r).ServeHTTP(w, httptest.NewRequest("HEAD", v.Path+"?regex=.&preselect=false", nil))
		if needsRecorder := strings.HasPrefix(v.Path, "/traces"); !needsRecorder && (w.Body.Len() > 0 || w.Code != 200) {
			t.Errorf("%s: %d %q", v.Path, w.Code, w.Body)
		}
	}
}

// UTR #36, section 3.1.1, advises to show such characters escaped.
func TestEveryPagePrints(t *testing.T) {
	for _, text := range hostile.Texts {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, text, text)
			for _, v := range present.Views() {
				if v.ForProgram {
					continue
				}
				w := s.get(t, v, "localhost", nil)
				if bad := hostile.Unprintable(w.Body.String()); w.Code != 200 || bad != "" {
					t.Errorf("%s with %q: %d has %q in\n%s", v.Path, text, w.Code, bad, w.Body)
				}
				if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
					t.Errorf("%s with %q is not JSON:\n%s", v.Path, text, w.Body)
				}
			}
		})
	}
}

func TestEveryErrorPrints(t *testing.T) {
	h := present.HTTP(world(t))
	for _, text := range hostile.Texts {
		q := url.QueryEscape(text)
		for _, target := range []string{
			"/" + url.PathEscape("nope"+text), "/funcs/" + url.PathEscape("nope"+text), "/funcs?format=" + q, "/stats?format=html&q=" + q,
			"/trace/svg?regex=(" + q, "/trace/json?trace_id=x" + q, "/trace/json?regex=F&preselect=x" + q,
			"/trace/remote?regex=F&timeout=x" + q, "/trace/svg?regex=F&min_duration=x" + q, "/trace/remote?regex=Outer&viz=http:" + q,
		} {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for _, accept := range []string{"", browser} {
				w := httptest.NewRecorder()
				r := httptest.NewRequestWithContext(ctx, "GET", target, nil)
				r.Header.Set("Accept", accept)
				h.ServeHTTP(w, r)
				if bad := hostile.Unprintable(w.Body.String()); bad != "" {
					t.Errorf("%s has %q in\n%s", target, bad, w.Body)
				}
			}
		}
	}
}
