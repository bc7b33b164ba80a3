// Package vlite is a small video service, instrumented with monkit: the
// program that the tutorials start from. It serves HTTP, has a proxy in the
// middle with a cache and retries, and backends behind it that are slow at
// times and fail at times, all in one process.
//
//	s := vlite.New()
//	go s.Load(ctx, 100) // requests a second, from within
//	http.ListenAndServe("127.0.0.1:8080", s)
//
// What to look at first is how functions are measured, in backend.go: one
// line each, defer mon.Task()(&ctx)(&err). Values beside that are measured
// where they arise: a Counter of requests in flight and an IntVal of bytes in
// handler.go, a BoolVal of cache hits and an Event for each retry in proxy.go,
// a Gauge of videos below. How errors get the names that they are counted by
// is in errors.go.
//
// The routes:
//
//	GET /videos            ids of all videos
//	GET /videos/{id}       what is known of one
//	GET /videos/{id}/data  its bytes
//	PUT /videos/{id}       store one; the body is its title
package vlite

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"monkit.example/monkit"
)

var mon = monkit.Package()

// Scope is the name of the scope that all is measured in.
func Scope() string { return mon.Name() }

// Options say how large the service is and how it behaves. The zero value is
// good.
type Options struct {
	// Backends is how many there are behind the proxy. Zero means 3.
	Backends int
	// Videos is how many are there from the start. Zero means 200, negative
	// none.
	Videos int
	// Latency is what a backend typically takes. Zero means 2 ms, negative
	// none.
	Latency time.Duration
	// FailureRate is the share of calls to a backend that fail, up to 1. Zero
	// means 0.01, negative none.
	FailureRate float64
}

func (o Options) withDefaults() Options {
	if o.Backends <= 0 {
		o.Backends = 3
	}
	if o.Videos == 0 {
		o.Videos = 200
	}
	o.Videos = max(o.Videos, 0)
	if o.Latency == 0 {
		o.Latency = 2 * time.Millisecond
	}
	if o.FailureRate == 0 {
		o.FailureRate = 0.01
	}
	return o
}

// Service is the whole of it. It starts no goroutines that outlive a request.
type Service struct {
	proxy  *Proxy
	routes *http.ServeMux
	videos int // how many Load may expect
}

// New returns a service that holds a few videos.
func New() *Service { return NewWith(Options{}) }

// NewWith is New with options. The gauge of videos shows the newest service
// of a process.
func NewWith(o Options) *Service {
	o = o.withDefaults()
	backends := make([]*Backend, o.Backends)
	for i := range backends {
		backends[i] = NewBackend(o.Latency, o.FailureRate)
	}
	s := &Service{proxy: NewProxy(backends), videos: o.Videos}
	for i := range o.Videos {
		v := Video{ID: videoID(i), Title: fmt.Sprintf("Video %d", i), Bytes: sizeOf(i)}
		s.proxy.backend(v.ID).store(v)
	}
	s.routes = s.newRoutes()
	mon.Gauge("videos", func() float64 { return float64(s.proxy.Videos()) })
	return s
}

// ServeHTTP serves the routes.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

func videoID(i int) string { return fmt.Sprintf("v%04d", i) }

// sizeOf spreads sizes from 1 kB to 64 kB, most of them small.
func sizeOf(i int) int64 { return 1 << (10 + i*i%7) }

// Video is what the service knows of a video.
type Video struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Bytes int64  `json:"bytes"`
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
