// Package vlite is a small video service that is instrumented with monkit, the
// program that the tutorials start from. It has HTTP handlers, a proxy with a
// cache and retries, and backends that are slow at times and fail at times,
// all in one process.
//
//	s := vlite.New()
//	go s.Load(ctx, 100) // requests per second, from the same process
//	http.ListenAndServe("127.0.0.1:8080", s)
//
// Look at backend.go first. It measures each function with one line, defer
// mon.Task()(&ctx)(&err). Other metrics are updated where their values arise: a
// Counter of requests in flight and an IntVal of bytes in handler.go, a BoolVal
// of cache hits and an Event for each retry in proxy.go, a Gauge of videos
// below. In errors.go errors get the names that they are counted by.
//
// The routes:
//
//	GET /videos            ids of all videos
//	GET /videos/{id}       one video as JSON
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

// Scope returns the name of the scope of all metrics of this package.
func Scope() string { return mon.Name() }

// Options configure the size and the behavior of a Service. The zero value
// works.
type Options struct {
	// Backends is the number of backends behind the proxy. Zero means 3.
	Backends int
	// Videos is the number of videos that exist from the start. Zero means
	// 200, negative none.
	Videos int
	// Latency is how long a call to a backend typically takes. Zero means
	// 2 ms, negative none.
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

// Service is the video service. It starts no goroutines that outlive a request.
type Service struct {
	proxy  *Proxy
	routes *http.ServeMux
	videos int // number of videos from the start, which Load requests
}

// New returns a Service with the default options.
func New() *Service { return NewWith(Options{}) }

// NewWith is New with options. If a process has several services, the gauge of
// videos reports the newest one.
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

// sizeOf returns a size from 1 KiB to 64 KiB. Most are small.
func sizeOf(i int) int64 { return 1 << (10 + i*i%7) }

// Video describes a video. The bytes of its film are not stored.
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
