package vlite

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// maxVideos bounds how many videos one backend stores.
const maxVideos = 10_000

// Backend stores videos in memory. It simulates a disk that is slow and fails.
type Backend struct {
	latency     time.Duration
	failureRate float64

	mu     sync.Mutex
	videos map[string]Video // guarded by mu; by id
}

// NewBackend returns an empty Backend. Most calls take about latency, a few take
// several times as long. The share failureRate of the calls fails.
func NewBackend(latency time.Duration, failureRate float64) *Backend {
	return &Backend{latency: latency, failureRate: failureRate, videos: make(map[string]Video)}
}

// Get returns the video id.
func (b *Backend) Get(ctx context.Context, id string) (v Video, err error) {
	defer mon.Task()(&ctx)(&err)

	if err := b.seek(ctx); err != nil {
		return Video{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.videos[id]
	if !ok {
		return Video{}, fmt.Errorf("get %q: %w", id, ErrNotFound)
	}
	return v, nil
}

// Put stores v and replaces a video with the same id.
func (b *Backend) Put(ctx context.Context, v Video) (err error) {
	defer mon.Task()(&ctx)(&err)

	if err := b.seek(ctx); err != nil {
		return err
	}
	if !b.store(v) {
		return fmt.Errorf("put %q: %w", v.ID, ErrFull)
	}
	return nil
}

// List returns the ids of all videos, sorted.
func (b *Backend) List(ctx context.Context) (ids []string, err error) {
	defer mon.Task()(&ctx)(&err)

	if err := b.seek(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.videos)), nil
}

// store returns false if the backend is full.
func (b *Backend) store(v Video) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.videos[v.ID]; !known && len(b.videos) >= maxVideos {
		return false
	}
	b.videos[v.ID] = v
	return true
}

func (b *Backend) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.videos)
}

// seek simulates the disk: it waits, and sometimes fails.
func (b *Backend) seek(ctx context.Context) (err error) {
	defer mon.Task()(&ctx)(&err)

	if err := sleep(ctx, time.Duration(float64(b.latency)*slowness())); err != nil {
		return err
	}
	if rand.Float64() < b.failureRate {
		return fmt.Errorf("seek: %w", ErrUnavailable)
	}
	return nil
}

// slowness returns a factor of the latency: near 1 for most calls and up to 10
// for a few.
func slowness() float64 { return min(0.5+0.5*rand.ExpFloat64(), 10) }
