package listen

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/reporters/ledger"
)

// frames reads a stream of frames, each a byte of length and a line.
type frames struct {
	r    io.Reader
	have []byte
}

func (f *frames) Read(p []byte) (int, error) {
	for len(f.have) == 0 || len(f.have) < int(f.have[0])+1 {
		var b [1]byte
		n, err := f.r.Read(b[:])
		if f.have = append(f.have, b[:n]...); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.have[1:])
	f.have = nil
	return n, nil
}

// A stream is idle unless whole lines arrive: a byte a second would else hold a
// connection for ever.
func TestIdleCountsWholeLines(t *testing.T) {
	const idle = 10 * time.Second
	asFrames := func(r io.Reader, _ Grow) io.Reader { return &frames{r: r} }
	for _, tt := range []struct {
		name   string
		lines  func(io.Reader, Grow) io.Reader
		text   string // is sent in pieces of some bytes, each after a second
		piece  int
		ends   time.Duration
		reason string
		lost   int64 // truncated
	}{
		{"nothing", nil, "", 1, idle, "idle=1", 0},
		{"bytes of one line", nil, "abcdefghijklmnopqrstuvwxyz 1 1\n", 1, idle, "slow=1", 1},
		{"bytes of one line behind a line", nil, "a 1\nabcdefghijklmnopqrstuvwxyz 1 1\n", 2, 12 * time.Second, "slow=1", 1},
		{"empty lines", nil, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", 1, idle, "slow=1", 0},
		{"blank lines", nil, " \t\r\n \t\r\n \t\r\n \t\r\n \t\r\n \t\r\n \t\r\n \t\r\n \t\r\n \t\r\n \t\r\n", 4, idle, "slow=1", 0},
		{"NULs", nil, string(make([]byte, 30)), 1, idle, "slow=1", 0},
		{"a half line, and then nothing", nil, "a 1\nhalf", 8, 11 * time.Second, "idle=1", 1},
		{"a line each second", nil, "a 1\nb 2\nc 3\nd 4\ne 5\nf 6\ng 7\nh 8\ni 9\nj 1\nk 2\nl 3\n", 4, 22 * time.Second, "idle=1", 0},
		{"a line that arrives in pieces in time", nil, "12345678\n12345678\n12345678\n", 1, 37 * time.Second, "idle=1", 0},
		{"lines that are too long", nil, strings.Repeat(strings.Repeat("x", 59)+"\n", 8), 30, 26 * time.Second, "idle=1", 0},
		{"a line that is too long and has no end", nil, strings.Repeat("x", 600), 30, idle, "slow=1", 0},
		{"bytes of one frame", asFrames, "\x1fabcdefghijklmnopqrstuvwxyz 1 1\n", 1, idle, "slow=1", 0},
		{"frames", asFrames, "\x04a 1\n\x04b 2\n\x04c 3\n", 1, 25 * time.Second, "idle=1", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newUnbound(Options{Idle: idle, MaxLine: 40, Lines: tt.lines})
				here, there := net.Pipe()
				defer there.Close()
				go func() {
					for text := []byte(tt.text); len(text) > 0; text = text[min(tt.piece, len(text)):] {
						time.Sleep(time.Second)
						if _, err := there.Write(text[:min(tt.piece, len(text))]); err != nil {
							return
						}
					}
				}()
				began := time.Now()
				l.serveConn(t.Context(), here)
				took := time.Since(began)
				if got := l.RejectedConns().String(); took != tt.ends || got != tt.reason {
					t.Errorf("the stream ended after %v, counted as %q, want %v, %q", took, got, tt.ends, tt.reason)
				}
				if in := l.Ledger(); in.Rejected[ledger.Truncated] != tt.lost || in.Check() != nil {
					t.Errorf("counts are %v, want %d truncated", in, tt.lost)
				}
				time.Sleep(time.Minute) // until the writer has ended
			})
		})
	}
}

// Time in which a stream waits for room in the ring is not time without a line.
func TestStreamThatWaitsForRoomIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newUnbound(Options{Idle: time.Second})
		l.ring = newRing(8)
		here, there := net.Pipe()
		go func() {
			there.Write([]byte("a 1\nb 2\n"))
			there.Write([]byte("c 3\n"))
			time.Sleep(time.Hour + time.Second/2)
			there.Write([]byte("d 4\n"))
			there.Close()
		}()
		go func() {
			time.Sleep(time.Hour)
			for taken, ok := l.ring.take(nil); ok; taken, ok = l.ring.take(taken) {
				l.Book().Accept(countLines(taken))
			}
		}()
		l.serveConn(t.Context(), here)
		l.ring.close()
		synctest.Wait()
		if in := l.Ledger(); in.Accepted != 4 || in.Pending != 0 || l.RejectedConns().Sum() != 0 {
			t.Errorf("counts are %v, closed %v", in, l.RejectedConns())
		}
	})
}

// Reason, sender and the beginning of what is rejected are passed on.
func TestRejectedLinesHaveExamples(t *testing.T) {
	long := string(bytes.Repeat([]byte{'x'}, 700))
	for _, tt := range []struct {
		name, text string
		reason     ledger.Reason
		example    string
		lines      int64
	}{
		{"too long, with its end", "a 1\n" + long + "\nb 2\n", ledger.TooLong, long[:maxExample], 1},
		{"too long, and the connection ends", long, ledger.TooLong, long[:maxExample], 1},
		{"without an end", "a 1\nb 2", ledger.Truncated, "b 2", 1},
		{"without an end, larger than an example", "a 1\n" + long[:600], ledger.Truncated, long[:maxExample], 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []Rejected
				l := newUnbound(Options{MaxLine: 610, OnRejected: func(r Rejected) {
					r.Text = bytes.Clone(r.Text)
					got = append(got, r)
				}})
				here, there := net.Pipe()
				go func() {
					there.Write([]byte(tt.text))
					there.Close()
				}()
				l.serveConn(t.Context(), connFrom{here, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 9}})
				if len(got) != 1 || got[0].Reason != tt.reason || got[0].From != "10.0.0.1" || string(got[0].Text) != tt.example || got[0].Lines != tt.lines {
					t.Errorf("passed on %+v, want %d %s with %q", got, tt.lines, tt.reason, tt.example)
				}
				if in := l.Ledger(); in.Rejected[tt.reason] != tt.lines || in.Check() != nil {
					t.Errorf("counts are %v", in)
				}
			})
		})
	}
}

// gmetad writes each line with the NUL byte that ends a string of C
// (ganglia/monitor-core, gmetad/export_helpers.c). Carbon keeps the NUL as the start
// of a line that never ends, and drops it without a word when the connection ends.
func TestNULsBetweenLinesAreNoLines(t *testing.T) {
	const sample = "a.b 1 1700000000\n"
	for _, tt := range []struct {
		name, text, want string
		lost             int64
	}{
		{"behind the last line", sample + "\x00", sample, 0},
		{"several", sample + "\x00\x00\x00", sample, 0},
		{"behind each line", sample + "\x00" + sample + "\x00", sample + sample, 0},
		{"before the first line", "\x00" + sample, sample, 0},
		{"alone", "\x00", "", 0},
		{"behind an unfinished line", "a.b 1\x00", "", 1},
		{"before an unfinished line", sample + "\x00a.b", sample, 1},
		{"within a line they stay", "a\x00b 1 1\n", "a\x00b 1 1\n", 0},
		{"and an empty line", "\x00\n" + sample, "\n" + sample, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for i := range len(tt.text) + 1 {
				synctest.Test(t, func(t *testing.T) {
					l := newUnbound(Options{})
					here, there := net.Pipe()
					go func() {
						there.Write([]byte(tt.text[:i]))
						there.Write([]byte(tt.text[i:]))
						there.Close()
					}()
					l.serveConn(t.Context(), here)
					l.ring.close()
					got, _ := l.ring.take(nil)
					in := l.Ledger()
					if in.Pending -= int64(bytes.Count(got, newline)); string(got) != tt.want || in.Pending != 0 || in.Rejected[ledger.Truncated] != tt.lost || in.Rejected.Sum() != tt.lost {
						t.Errorf("cut at %d: took %q, want %q; counts are %v", i, got, tt.want, in)
					}
				})
			}
		})
	}
}

func TestNULsBehindLinesOfADatagramAreNoLines(t *testing.T) {
	for _, direct := range []bool{false, true} {
		for _, tt := range []struct{ text, want string }{
			{"a 1 1\n\x00", "a 1 1\n"},
			{"a 1 1\x00", "a 1 1\n"},
			{"a 1 1\n\x00b 1 1\n\x00\x00", "a 1 1\nb 1 1\n"},
			{"a\x001 1\n", "a\x001 1\n"},
		} {
			r := listen(t, "udp://127.0.0.1:0", Options{Direct: direct})
			conn := r.dial(t)
			write(t, conn, "\x00\x00")
			write(t, conn, tt.text)
			r.waitForText(t, tt.want)
			if in := r.stop(t); in.Accepted != countLines([]byte(tt.want)) || in.Rejected.Sum() != 0 {
				t.Errorf("direct %v, %q: counts are %v", direct, tt.text, in)
			}
		}
	}
}

// A length of a pickle frame that is longer than the first line has NULs at its
// start, which belong to the frame.
func TestNULsOfFramesStay(t *testing.T) {
	var head [4]byte
	binary.BigEndian.PutUint32(head[:], 5)
	r := &protocolReader{from: bytes.NewReader(append(head[:], "a 1 1"...)), read: func(int) {}}
	if got, err := io.ReadAll(r); string(got) != "\x00\x00\x00\x05a 1 1" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

// FuzzWithoutNULs compares with a simpler way.
func FuzzWithoutNULs(f *testing.F) {
	f.Add([]byte("\x00a\x00b\n\x00\x00c\n\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var want []byte
		for line := range bytes.Lines(text) {
			want = append(want, bytes.TrimLeft(line, "\x00")...)
		}
		if got := withoutNULs(bytes.Clone(text)); !bytes.Equal(got, want) {
			t.Errorf("withoutNULs(%q) = %q, want %q", text, got, want)
		}
	})
}
