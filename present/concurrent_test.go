package present_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"monkit.example/monkit"
	"monkit.example/present"
)

// TestPagesWhileTasksRun is for the race detector: the registry changes while
// pages read it.
func TestPagesWhileTasksRun(t *testing.T) {
	r := monkit.NewRegistry()
	stop := make(chan struct{})
	var workers, readers sync.WaitGroup
	for w := range 3 {
		workers.Go(func() { work(r, w, stop) })
	}
	for _, path := range present.Paths() {
		readers.Go(func() {
			for range 5 {
				write, _, err := present.FromRequest(r, path, nil)
				if err == nil {
					err = write(io.Discard)
				}
				if err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
		})
	}
	readers.Wait()
	close(stop)
	workers.Wait()
}

// work makes spans, functions, errors and values until stop is closed.
func work(r *monkit.Registry, worker int, stop <-chan struct{}) {
	s := r.ScopeNamed(fmt.Sprintf("worker/%d", worker))
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		step(s, i)
	}
}

func step(s *monkit.Scope, i int) (err error) {
	ctx := context.Background()
	defer s.FuncNamed("Outer").Task(&ctx, i, "text")(&err)
	monkit.SpanFromCtx(ctx).Annotate("step", fmt.Sprint(i))
	s.Counter("steps", monkit.NewSeriesTag("kind", fmt.Sprint(i%50))).Inc(1)
	s.IntVal("size").Observe(int64(i))
	call(ctx, s.FuncNamed(fmt.Sprintf("Inner%d", i%20)), errors.New("odd"))
	return nil
}
