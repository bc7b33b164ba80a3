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
	// loadStep is how often Load sends what is due. 10 ms keeps the requests
	// of a few hundred a second apart.
	loadStep = 10 * time.Millisecond
	// loadTide is how long the load takes to rise and fall once, so that
	// there is something to see within a minute.
	loadTide = 20 * time.Second
	// maxLoad bounds the requests of Load under way. What is due beyond them
	// is left out and counted.
	maxLoad = 256
	// maxRate is more than one process takes.
	maxRate = 100_000
)

// Load sends requests to the service from within, about rate a second, rising
// and falling by half of that, until ctx ends. It returns when the last one
// is done.
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
		due += min(rate, maxRate) * tide(now.Sub(start)) * now.Sub(last).Seconds()
		last = now
		for ; due >= 1; due-- {
			select {
			case slots <- struct{}{}:
				sent.Go(func() {
					defer func() { <-slots }()
					s.ServeHTTP(discard{}, s.someRequest(ctx))
				})
			default:
				mon.Event("load_skipped")
			}
		}
	}
}

func tide(at time.Duration) float64 {
	return 1 + 0.5*math.Sin(2*math.Pi*at.Seconds()/loadTide.Seconds())
}

// someRequest returns one of the requests that people make: most look, few
// store, some ask for what is not there.
func (s *Service) someRequest(ctx context.Context) *http.Request {
	method, path, body := http.MethodGet, "/videos", ""
	switch n := rand.IntN(100); {
	case n < 5:
	case n < 60:
		path += "/" + s.popular()
	case n < 85:
		path += "/" + s.popular() + "/data"
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

// popular is one of the videos that are there from the start, the first ones
// far more often than the last ones.
func (s *Service) popular() string {
	x := rand.Float64()
	return videoID(int(x * x * x * float64(s.videos)))
}

// discard is a client that looks at nothing.
type discard struct{}

func (discard) Header() http.Header         { return make(http.Header) }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
