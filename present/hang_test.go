package present

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
)

// get returns the response of h to a client that waits for up to a minute.
func get(t *testing.T, h http.Handler, target string) *httptest.ResponseRecorder {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", target, nil))
	return w
}

// TestWalksThatHangAreFew has a gauge that does not return, as one that waits for
// a database (open-telemetry/opentelemetry-go#4356), and clients that come again
// and again.
func TestWalksThatHangAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		release := make(chan struct{})
		var reads atomic.Int64
		r.ScopeNamed("s").Gauge("hangs", func() float64 { reads.Add(1); <-release; return 1 })
		h := HTTP(r)
		for i := range 20 {
			began := time.Now()
			w := get(t, h, fmt.Sprintf("/stats?q=%d", i))
			want, refused := "the request ended", i >= maxHanging
			if refused {
				want = "a walk does not return: 2 of /stats have taken longer than 10s; a gauge"
			}
			if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), want) || refused != (time.Since(began) == 0) {
				t.Errorf("request %d: %d after %s\n%s", i, w.Code, time.Since(began), w.Body)
			}
			if w := get(t, h, "/funcs"); w.Code != http.StatusOK {
				t.Errorf("another page beside: %d", w.Code)
			}
		}
		if n := reads.Load(); n != maxHanging {
			t.Errorf("%d walks hang", n)
		}
		close(release)
		synctest.Wait()
		if w := get(t, h, "/stats"); w.Code != http.StatusOK {
			t.Errorf("after the end of the walks: %d %s", w.Code, w.Body)
		}
		if n := len(h.(handler).renderer.walking) + len(inMemory); n != 0 {
			t.Errorf("%d walks or pages are left", n)
		}
	})
}

// TestSlowWalkIsNoHangingOne has a walk that takes longer than a walk counts.
func TestSlowWalkIsNoHangingOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		r.ScopeNamed("s").Gauge("slow", func() float64 { time.Sleep(2 * webpage.MaxWalkTime); return 1 })
		h := HTTP(r)
		for range 2 * maxHanging {
			if w := get(t, h, "/stats"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "slow") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		}
	})
}

// stuckWriter is a client that reads nothing until it is released.
type stuckWriter struct{ release chan struct{} }

func (s stuckWriter) Write(p []byte) (int, error) {
	<-s.release
	return len(p), nil
}

// TestPagesWaitShortlyForRoom has as many clients that read slowly as there may
// be pages in memory.
func TestPagesWaitShortlyForRoom(t *testing.T) {
	room := inMemory
	defer func() { inMemory = room }()
	synctest.Test(t, func(t *testing.T) {
		inMemory = make(chan struct{}, maxRendered) // in the bubble, so that its clock goes on
		h := HTTP(monkit.NewRegistry())
		release := make(chan struct{})
		var clients sync.WaitGroup
		for i := range maxRendered {
			clients.Go(func() {
				fill := func(_ context.Context, w io.Writer) error { _, err := io.WriteString(w, "page"); return err }
				if err := newRenderer().write(t.Context(), "funcs", fmt.Sprint(i), stuckWriter{release}, fill); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		for _, accept := range []string{"", "text/html"} {
			began := time.Now()
			req := httptest.NewRequest("GET", "/stats", nil)
			req.Header.Set("Accept", accept)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			if w.Code != http.StatusServiceUnavailable || time.Since(began) != maxRoomWait || w.Header().Get("Retry-After") != "10" ||
				!strings.Contains(w.Body.String(), "8 pages are being made or read; try again later") {
				t.Errorf("%d after %s, %v\n%s", w.Code, time.Since(began), w.Header(), w.Body)
			}
		}
		time.AfterFunc(maxRoomWait/2, func() { close(release) })
		if w := get(t, h, "/stats"); w.Code != http.StatusOK || w.Header().Get("Retry-After") != "" {
			t.Errorf("when there is room again: %d %s", w.Code, w.Body)
		}
		clients.Wait()
		if len(inMemory) != 0 {
			t.Errorf("%d pages are left in memory", len(inMemory))
		}
	})
}

// TestRequestEndsBesideAWalkThatHangs ends the request that began the walk.
func TestRequestEndsBesideAWalkThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRenderer()
		release := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := r.write(ctx, "stats", "key", io.Discard, func(context.Context, io.Writer) error { <-release; return nil })
		synctest.Wait()
		if statusOf(err) != http.StatusServiceUnavailable || len(inMemory) != 0 {
			t.Errorf("%v, %d pages in memory", err, len(inMemory))
		}
		close(release)
	})
}
