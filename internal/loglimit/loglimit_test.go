package loglimit

import (
	"testing"
	"time"
)

func TestRecordsAreAnIntervalApart(t *testing.T) {
	start := time.Unix(1700000000, 0)
	var l Limit
	if !l.Next().IsZero() {
		t.Errorf("the next record may come at %v before the first one", l.Next())
	}
	for _, tt := range []struct {
		after time.Duration
		more  int
		ok    bool
		next  time.Duration
	}{
		{0, 0, true, time.Minute},
		{0, 0, false, time.Minute},
		{time.Minute - 1, 0, false, time.Minute},
		{time.Minute, 2, true, 2 * time.Minute},
		{2*time.Minute - 1, 0, false, 2 * time.Minute},
		{time.Hour, 1, true, time.Hour + time.Minute},
		{2 * time.Hour, 0, true, 2*time.Hour + time.Minute},
	} {
		now := start.Add(tt.after)
		ready := l.Ready(now)
		more, ok := l.Allow(now)
		if more != tt.more || ok != tt.ok || ready != tt.ok || !l.Next().Equal(start.Add(tt.next)) {
			t.Errorf("after %v: %d left out, allowed: %v, ready: %v, next after %v", tt.after, more, ok, ready, l.Next().Sub(start))
		}
	}
}
