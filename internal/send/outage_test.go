package send

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A statsd server counts a line when it arrives. After an outage it gets the lines of
// the last minute, and not those of the whole outage at once.
func TestLinesThatCountWhenTheyArriveAreNotSentAfterAMinute(t *testing.T) {
	const outage, late = 90, 60 // seconds
	for _, tt := range []struct {
		name string
		peer func(down func() bool) (t Transport, got func() string)
	}{
		{"tcp", func(down func() bool) (Transport, func() string) {
			f := &fakeStream{capacity: func(int) int {
				if down() {
					return 0
				}
				return -1
			}}
			return f, func() string {
				f.mu.Lock()
				defer f.mu.Unlock()
				return strings.Join(f.conns, "")
			}
		}},
		{"http", func(down func() bool) (Transport, func() string) {
			f := &fakeMessenger{answer: func(int, []byte) error {
				if down() {
					return errDown
				}
				return nil
			}}
			return f, f.text
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				transport, got := tt.peer(func() bool { return time.Since(start) < outage*time.Second })
				s := New(transport, Options{AtMostOnce: true, MaxAge: time.Hour, MaxBackoff: time.Second})
				for i := range outage {
					mustSend(t, s, fmt.Sprintf("a.%d:1|c\n", i), 1)
					time.Sleep(time.Second)
				}
				if err := s.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "expired=") {
					t.Errorf("Flush: %v, want the lines that expired", err)
				}
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
				lines := strings.Fields(got())
				for i, line := range lines {
					if want := fmt.Sprintf("a.%d:1|c", outage-len(lines)+i); line != want {
						t.Errorf("line %d of %d is %s, want %s", i, len(lines), line, want)
					}
				}
				// Those that wait are joined, and expire with the oldest.
				if n := len(lines); n > late || n < late*3/4 {
					t.Errorf("%d lines arrived that are a second apart, want those of a minute", n)
				}
				n := len(lines)
				checkLedger(t, s, fmt.Sprintf("accepted=%d delivered=%d dropped=%d(expired=%d) pending=0", outage, n, outage-n, outage-n))
			})
		})
	}
}
