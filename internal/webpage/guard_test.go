package webpage

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/hostile"
)

func TestTrusted(t *testing.T) {
	names := Names{"Pages.example", "with-dot.example.", ""}
	for host, want := range map[string]bool{
		"localhost": true, "localhost:80": true, "LocalHost.": true, "a.localhost:1": true,
		"127.0.0.1": true, "127.0.0.1:80": true, "10.1.2.3": true, "[::1]": true, "[::1]:80": true, "::1": true,
		"[fe80::1%25eth0]:80": true, "[fe80::1%eth0]": true,
		"pages.example": true, "PAGES.EXAMPLE:80": true, "pages.example.": true, "with-dot.example": true,
		"": false, ":80": false, ".": false, "evil.example": false, "pages.example.evil": false, "evilpages.example": false,
		"localhost.evil.example": false, "localhostevil": false, "127.1": false, "0x7f000001": false, "[localhost": false,
		"pages.example@evil.example": false, "a:b:c": false,
	} {
		if got := names.Trusted(host); got != want {
			t.Errorf("Trusted(%q) = %v, want %v", host, got, want)
		}
	}
	if !(Names{"*"}).Trusted("evil.example") || (Names(nil)).Trusted("evil.example") {
		t.Error("the name * is not any name, or no name is")
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.8.9.10": true, "::1": true, "localhost": true, "::ffff:127.0.0.1": true,
		"0.0.0.0": false, "::": false, "192.0.2.1": false, "": false, "localhost.example": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("IsLoopback(%q) = %v, want %v", host, got, want)
		}
	}
}

func TestRefuseCrossSite(t *testing.T) {
	h := RefuseCrossSite(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("page")) }))
	for _, tt := range []struct {
		site []string
		want int
	}{
		{nil, 200}, {[]string{"same-origin"}, 200}, {[]string{"same-site"}, 200}, {[]string{"none"}, 200}, {[]string{""}, 200},
		{[]string{"cross-site"}, 403}, {[]string{" CROSS-SITE "}, 403}, {[]string{"none", "cross-site"}, 403},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Sec-Fetch-Site"] = tt.site
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != tt.want || (w.Body.String() == "page") != (tt.want == 200) {
			t.Errorf("%q: %d %q", tt.site, w.Code, w.Body)
		}
	}
}

// Browsers send Sec-Fetch-Site only to https and loopback addresses, so that on
// plain http of another machine these headers are all there is.
func TestRefuseCrossSiteByOtherHeaders(t *testing.T) {
	for _, tt := range []struct {
		header, value string
		want          int
	}{
		{"Origin", "http://relay.example", 200}, {"Origin", "https://RELAY.example.:8443", 200}, {"Origin", "", 200},
		{"Origin", "http://evil.example", 403}, {"Origin", "null", 403}, {"Origin", "http://relay.example.evil", 403},
		{"Origin", "http://relay.example@evil.example", 403}, {"Origin", "://", 403},
		{"Referer", "http://relay.example:9125/funcs", 200}, {"Referer", "http://relay.example:3000/", 200}, {"Referer", "", 200},
		{"Referer", "http://evil.example/", 403}, {"Referer", "http://evil.example/?http://relay.example/", 403},
		{"Referer", "about:blank", 403}, {"Referer", "\x00", 403},
	} {
		for site, want := range map[string]int{"-": tt.want, "same-origin": 200, "none": 200, "cross-site": 403} {
			r := httptest.NewRequest("GET", "http://relay.example:9125/", nil)
			r.Header.Set(tt.header, tt.value)
			if site != "-" {
				r.Header.Set("Sec-Fetch-Site", site)
			}
			w := httptest.NewRecorder()
			if got := RefusedCrossSite(w, r); got != (want == 403) || w.Code != want {
				t.Errorf("%s: %q, site %s: %v, %d", tt.header, tt.value, site, got, w.Code)
			}
		}
	}
}

// A link of a dashboard leads to the refusal, too, so it has a link that works.
func TestRefusalSaysWhatToDo(t *testing.T) {
	for accept, want := range map[string][]string{
		"": {"Type the address into the address bar"}, "*/*": {"address bar"}, "application/json": {"address bar"},
		"text/html,application/xhtml+xml,*/*;q=0.8": {"<p>A page of another site made this request, or has the link that led here.", `<a href="">Open this page</a>`},
	} {
		r := httptest.NewRequest("GET", "/stats?q=<script>", nil)
		r.Header.Set("Accept", accept)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		RefusedCrossSite(w, r)
		for _, want := range want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("for %q %q is not in\n%s", accept, want, w.Body)
			}
		}
		html := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html")
		if html != strings.Contains(accept, "html") || w.Header().Get("Content-Security-Policy") != basePolicy {
			t.Errorf("for %q the headers are %v", accept, w.Header())
		}
	}
}

func TestErrorPrints(t *testing.T) {
	for _, text := range hostile.Texts {
		w := httptest.NewRecorder()
		Error(w, http.StatusTeapot, text)
		if bad := hostile.Unprintable(w.Body.String()); bad != "" || w.Code != http.StatusTeapot || !strings.HasSuffix(w.Body.String(), "\n") {
			t.Errorf("%q: %d, %q in %q", text, w.Code, bad, w.Body)
		}
	}
}

func TestFewWalkAtATime(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var all []Walk
	for range MaxWalks {
		walk, err := BeginWalk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, walk)
	}
	waited := make(chan error)
	go func() {
		_, err := BeginWalk(ctx)
		waited <- err
	}()
	errGone := errors.New("gone")
	cancel(errGone)
	if err := <-waited; !errors.Is(err, errGone) {
		t.Errorf("one walk more: %v", err)
	}
	go func() {
		walk, err := BeginWalk(t.Context())
		if err == nil {
			walk.End()
		}
		waited <- err
	}()
	for _, walk := range all {
		walk.End()
	}
	if err := <-waited; err != nil {
		t.Error(err)
	}
}

func TestWalkThatHangsCountsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []Walk
		for range 3 * MaxWalks {
			ctx, cancel := context.WithTimeout(t.Context(), 2*MaxWalkTime)
			walk, err := BeginWalk(ctx)
			cancel()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, walk)
			if len(all)%MaxWalks == 0 {
				time.Sleep(MaxWalkTime)
				synctest.Wait()
			}
		}
		for _, walk := range all {
			walk.End()
			walk.End()
		}
		if walks.all != [MaxWalks]Walk{} {
			t.Errorf("%v are in progress after all have ended", walks.all)
		}
	})
}

// TestEachWalkWakesTheNext has many walks, of which each takes a moment.
func TestEachWalkWakesTheNext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), MaxWalkTime)
	defer cancel()
	var all sync.WaitGroup
	var now, most atomic.Int64
	for range 50 {
		all.Go(func() {
			for range 20 {
				walk, err := BeginWalk(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				runtime.Gosched()
				now.Add(-1)
				walk.End()
			}
		})
	}
	all.Wait()
	if n := most.Load(); n > MaxWalks {
		t.Errorf("%d walks at a time", n)
	}
}
