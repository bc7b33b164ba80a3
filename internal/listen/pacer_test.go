package listen

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestNapTime(t *testing.T) {
	for _, tt := range []struct {
		name   string
		rcvbuf int
		want   time.Duration
	}{
		{"a size that is not known", 0, 0},
		{"what Linux gives to anybody", 212992, 0},
		{"just too small", 1_249_999, 0},
		{"just large enough", 1_250_000, time.Millisecond},
		{"the default", 8 << 20, 6710886},
		{"more than enough", 16 << 20, maxNap},
		{"the most", maxRcvBuf, maxNap},
	} {
		if got := napTime(tt.rcvbuf); got != tt.want {
			t.Errorf("%s: napTime(%d) = %v, want %v", tt.name, tt.rcvbuf, got, tt.want)
		}
	}
}

// scripted is a connection that brings so many bytes each time, after a while.
type scripted struct {
	net.Conn
	after time.Duration
	bytes int
}

func (s scripted) Read(p []byte) (int, error) {
	time.Sleep(s.after)
	if s.bytes < 0 {
		return 0, io.EOF
	}
	return min(s.bytes, len(p)), nil
}

func TestAStreamSleepsBetweenSmallReads(t *testing.T) {
	const space, reads = 64 << 10, 100
	for _, tt := range []struct {
		name string
		conn scripted
		done bool
		naps int
	}{
		{"little in quick succession", scripted{bytes: 100}, false, reads - 1 - streamPatience},
		{"little, not so quickly", scripted{bytes: 100, after: maxNap / 2}, false, reads - 1 - streamPatience},
		{"little, and seldom", scripted{bytes: 100, after: maxNap/2 + 1}, false, 0},
		{"much", scripted{bytes: littleRead}, false, 0},
		{"all there was room for", scripted{bytes: space}, false, 0},
		{"never after the end", scripted{bytes: 100}, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				if tt.done {
					close(done)
				}
				conn := newPacedConn(tt.conn, done)
				began, p := time.Now(), make([]byte, space)
				for range reads {
					if _, err := conn.Read(p); err != nil {
						t.Fatal(err)
					}
				}
				if got, want := time.Since(began)-reads*tt.conn.after, time.Duration(tt.naps)*maxNap; got != want {
					t.Errorf("it slept for %v, want %v", got, want)
				}
			})
		})
	}
}
