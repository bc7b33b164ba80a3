package collect

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// away is a reporter whose destination is never available.
type away struct{ probe }

func (a *away) Flush(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A program that calls Close(context.Background()) at its end must end, even if
// a destination does not run.
func TestCloseDoesNotWaitForAnUnavailableDestination(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit time.Duration // zero is none
		want  time.Duration
	}{
		{"no deadline", 0, closeTimeout},
		{"a near deadline", time.Second, time.Second},
		{"a far deadline", time.Hour, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(counting(), noSpread, &away{probe{name: "away"}})
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if tt.limit > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.limit)
				}
				defer cancel()
				began := time.Now()
				if err := c.Close(ctx); err == nil || !strings.Contains(err.Error(), "away") {
					t.Errorf("Close() = %v, want what was abandoned", err)
				}
				if took := time.Since(began); took < tt.want || took > tt.want+2*graceTime {
					t.Errorf("Close took %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// The goroutine of a walk logs when nothing waits for its batch any more.
func TestCloseJoinsTheGoroutinesOfWalks(t *testing.T) {
	for _, flushed := range []bool{false, true} {
		t.Run(fmt.Sprint("flushed: ", flushed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logging, logged atomic.Int64
				o := noSpread
				o.Logger = slog.New(hostileHandler{slog.NewTextHandler(new(lockedBuffer), nil), func() {
					logging.Add(1)
					time.Sleep(time.Second)
					logged.Add(1)
				}})
				c := New(&panicking{"Stats"}, o, &probe{name: "p"})
				if flushed {
					if err := c.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
				closeNow(t, c)
				if logging.Load() != 1 || logged.Load() != 1 {
					t.Errorf("%d records are begun and %d logged after Close, want one", logging.Load(), logged.Load())
				}
			})
		})
	}
}

// A Flush that begins while Close joins may walk, and is not joined.
func TestFlushBesideClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 50 {
			c := New(counting(), noSpread, &probe{name: "p"})
			var flushes sync.WaitGroup
			for range 4 {
				flushes.Go(func() { c.Flush(t.Context()) }) // fails if the collector is closed
			}
			closeNow(t, c)
			flushes.Wait()
		}
	})
}
