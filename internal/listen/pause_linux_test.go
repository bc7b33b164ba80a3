package listen

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

func TestPausesLeaveProcessorsToOthers(t *testing.T) {
	for _, tt := range []struct {
		pauses, processors int
		want               bool
	}{
		{1, 1, false}, {1, 2, true}, {2, 2, false}, {1, 3, true}, {2, 3, false}, {2, 4, true}, {3, 4, false},
	} {
		if got := mayHold(tt.pauses, tt.processors); got != tt.want {
			t.Errorf("pause %d of %d processors holds its own: %v", tt.pauses, tt.processors, got)
		}
	}
}

// With one processor, a goroutine that pauses again and again must not keep it.
func TestGoroutinesRunDuringPauses(t *testing.T) {
	for _, processors := range []int{1, 2} {
		before := runtime.GOMAXPROCS(processors)
		stop := make(chan struct{})
		var pausing sync.WaitGroup
		for range 3 {
			pausing.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						pause(time.Millisecond)
					}
				}
			})
		}
		for range 20 {
			time.Sleep(time.Millisecond)
			runtime.GC() // stops the world
		}
		close(stop)
		pausing.Wait()
		runtime.GOMAXPROCS(before)
		if n := holders.Load(); n != 0 {
			t.Errorf("%d pauses are counted after the last", n)
		}
	}
}

func TestPauseLastsAsLongAsAsked(t *testing.T) {
	began := time.Now()
	for range 5 { // a signal may end one early, but hardly all
		pause(5 * time.Millisecond)
	}
	if took := time.Since(began); took < 5*time.Millisecond {
		t.Errorf("five pauses of 5 ms took %v", took)
	}
}
