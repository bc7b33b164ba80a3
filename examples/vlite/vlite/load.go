package vlite

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// loadStep is how often Load sends the requests that are due. With 10 ms,
	// a few hundred requests per second are spread evenly.
	loadStep = 10 * time.Millisecond
	// loadPeriod is how long the load takes to rise and fall once. It is short
	// enough to see on a page within a minute.
	loadPeriod = 20 * time.Second
	// maxLoad bounds how many requests of Load are in flight. Load skips and
	// counts requests beyond that.
	maxLoad = 256
	// maxRate is more than one process can handle.
	maxRate = 100_000
)

// Load sends about rate requests per second to the service, in the same process,
// until ctx ends. The rate rises and falls by half. Load returns after the last
// response.
func (s *Service) Load(ctx context.Context, rate float64) {
	var sent sync.WaitGroup
	defer sent.Wait()
	slots := make(chan struct{}, maxLoad)
	ticker := time.NewTicker(loadStep)
	defer ticker.Stop()
	start := time.Now()
	for last, due := start, 0.0; ; {
		var now time.Time
		select {
		case <-ctx.Done():
			return
		case now = <-ticker.C:
		}
		due += min(rate, maxRate) * loadFactor(now.Sub(start)) * now.Sub(last).Seconds()
		last = now
		for ; due >= 1; due-- {
			select {
			case slots <- struct{}{}:
				sent.Go(func() {
					defer func() { <-slots }()
					s.ServeHTTP(discard{}, s.randomRequest(ctx))
				})
			default:
				mon.Event("load_skipped")
			}
		}
	}
}

// loadFactor returns the factor of the rate at a time since the start.
func loadFactor(at time.Duration) float64 {
	return 1 + 0.5*math.Sin(2*math.Pi*at.Seconds()/loadPeriod.Seconds())
}

// randomRequest returns a request like those of users: most of them read, few
// store, some are for a video that does not exist.
func (s *Service) randomRequest(ctx context.Context) *http.Request {
	method, path, body := http.MethodGet, "/videos", ""
	switch n := rand.IntN(100); {
	case n < 5:
	case n < 60:
		path += "/" + s.popularID()
	case n < 85:
		path += "/" + s.popularID() + "/data"
	case n < 98:
		method, path, body = http.MethodPut, path+"/"+videoID(rand.IntN(2*s.videos+1)), fmt.Sprint("Video ", n)
	default:
		path += "/missing"
	}
	r, err := http.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if err != nil {
		panic(err) // the paths above are all valid
	}
	return r
}

// popularID returns the id of one of the initial videos, the first ones far more
// often than the last ones.
func (s *Service) popularID() string {
	x := rand.Float64()
	return videoID(int(x * x * x * float64(s.videos)))
}

// discard is a response that nothing reads.
type discard struct{}

func (discard) Header() http.Header         { return make(http.Header) }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
