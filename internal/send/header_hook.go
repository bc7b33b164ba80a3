package send

import (
	"context"
	"fmt"
	"net/http"
)

// headerHook is a function of the user that changes the headers of a request. It
// may panic, or never return.
type headerHook struct {
	name string // in errors
	f    func(http.Header) error
	busy chan struct{} // has an element during the one call
}

func newHeaderHook(name string, f func(http.Header) error) *headerHook {
	return &headerHook{name: name, f: f, busy: make(chan struct{}, 1)}
}

// call returns the header that the function has changed. It waits until ctx ends:
// a call that goes on after that keeps a goroutine, and no other call begins.
func (h *headerHook) call(ctx context.Context, header http.Header) (http.Header, error) {
	select {
	case h.busy <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%s has not returned since an earlier request", h.name)
	}
	changed, done := header.Clone(), make(chan error, 1)
	go func() {
		defer func() { <-h.busy }()
		done <- h.guarded(changed)
	}()
	select {
	case err := <-done:
		return changed, err
	case <-ctx.Done():
		return nil, fmt.Errorf("%s did not return in time", h.name)
	}
}

// guarded calls the function and returns a panic as an error.
func (h *headerHook) guarded(header http.Header) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s panicked: %v", h.name, v)
		}
	}()
	return h.f(header)
}
