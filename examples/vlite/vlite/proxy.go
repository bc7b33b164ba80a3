package vlite

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"sync"
)

// maxCached bounds the cache of a Proxy. It is smaller than the number of videos
// of the default service, so that there are cache misses.
const maxCached = 64

// Proxy forwards calls to the backend of a video. It caches videos, and retries
// once if a backend is unavailable.
type Proxy struct {
	backends []*Backend

	mu    sync.Mutex
	cache map[string]Video // guarded by mu; by id
}

// NewProxy returns a Proxy in front of at least one backend.
func NewProxy(backends []*Backend) *Proxy {
	return &Proxy{backends: backends, cache: make(map[string]Video)}
}

// Get returns the video id, from the cache if possible.
func (p *Proxy) Get(ctx context.Context, id string) (v Video, err error) {
	defer mon.Task()(&ctx)(&err)

	v, hit := p.cached(id)
	mon.BoolVal("cache_hit").Observe(hit)
	if hit {
		return v, nil
	}
	v, err = p.backend(id).Get(ctx, id)
	if errors.Is(err, ErrUnavailable) {
		mon.Event("retry")
		v, err = p.backend(id).Get(ctx, id)
	}
	if err != nil {
		return Video{}, err
	}
	p.remember(v)
	return v, nil
}

// Put stores v.
func (p *Proxy) Put(ctx context.Context, v Video) (err error) {
	defer mon.Task()(&ctx)(&err)

	p.forget(v.ID)
	return p.backend(v.ID).Put(ctx, v)
}

// List returns the ids of all videos, sorted. It calls all backends at once, and
// fails if one of them fails.
func (p *Proxy) List(ctx context.Context) (ids []string, err error) {
	defer mon.Task()(&ctx)(&err)
	defer mon.Timer("list_time").Start().Stop()

	lists := make([][]string, len(p.backends))
	errs := make([]error, len(p.backends))
	var calls sync.WaitGroup
	for i, b := range p.backends {
		calls.Go(func() { lists[i], errs[i] = b.List(ctx) })
	}
	calls.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	ids = slices.Concat(lists...)
	slices.Sort(ids)
	return ids, nil
}

// Videos returns the number of videos on all backends.
func (p *Proxy) Videos() int {
	n := 0
	for _, b := range p.backends {
		n += b.count()
	}
	return n
}

func (p *Proxy) backend(id string) *Backend {
	h := fnv.New32a()
	h.Write([]byte(id))
	return p.backends[h.Sum32()%uint32(len(p.backends))]
}

func (p *Proxy) cached(id string) (Video, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.cache[id]
	return v, ok
}

// remember adds v to the cache, and evicts a random video if it is full.
func (p *Proxy) remember(v Video) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := range p.cache {
		if len(p.cache) < maxCached {
			break
		}
		delete(p.cache, id)
	}
	p.cache[v.ID] = v
}

func (p *Proxy) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.cache, id)
}
