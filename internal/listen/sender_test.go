package listen

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"monkit.example/reporters/ledger"
)

// sendersOf runs l until it was sent lines, one after the other, and returns each
// with its sender.
func sendersOf(t *testing.T, l *Listener, lines int, send func()) []string {
	t.Helper()
	var mu sync.Mutex
	var got []string
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- l.Run(ctx, func(texts []Text, _ bool) {
			mu.Lock()
			defer mu.Unlock()
			for _, text := range texts {
				for line := range strings.Lines(string(text.Lines)) {
					got = append(got, strings.TrimSpace(line)+" from "+text.From.String())
				}
				l.Book().Accept(countLines(text.Lines))
			}
		})
	}()
	send()
	waitFor(t, "the lines", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == lines
	})
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if in := l.Ledger(); in.Check() != nil || in.Pending != 0 {
		t.Errorf("counts are %v", in)
	}
	slices.Sort(got)
	return got
}

// Each line has the host that sent it, without a port, or the path of its socket.
func TestLinesHaveTheirSender(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		listen  string
		network string
		from    []net.Addr // of two clients; nil is not bound
		want    []string
	}{
		{"udp://127.0.0.1:0", "udp", []net.Addr{&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}}, []string{"127.0.0.1", "127.0.0.2"}},
		{"udp://[::1]:0", "udp", []net.Addr{nil, nil}, []string{"::1", "::1"}},
		{"udp://:0", "udp4", []net.Addr{&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil}, []string{"127.0.0.1", "127.0.0.1"}}, // a socket of both families
		{"tcp://127.0.0.1:0", "tcp", []net.Addr{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}, []string{"127.0.0.1", "127.0.0.2"}},
		{"tcp://[::1]:0", "tcp", []net.Addr{nil, nil}, []string{"::1", "::1"}},
		{"unix://" + dir + "/s", "unix", []net.Addr{nil, &net.UnixAddr{Name: dir + "/c", Net: "unix"}}, []string{"unix", dir + "/c"}},
		{"unixgram://" + dir + "/g", "unixgram", []net.Addr{nil, &net.UnixAddr{Name: dir + "/d", Net: "unixgram"}}, []string{"unix", dir + "/d"}},
		{"unixgram://" + dir + "/h", "unixgram", []net.Addr{&net.UnixAddr{Name: "@" + dir, Net: "unixgram"}, nil}, []string{"@" + dir, "unix"}},
	} {
		for name, o := range bothWays {
			t.Run(tt.listen+", "+name, func(t *testing.T) {
				testSenders(t, tt.listen, tt.network, o, tt.from, tt.want)
			})
		}
	}
}

func testSenders(t *testing.T, addr, network string, o Options, from []net.Addr, want []string) {
	for _, a := range from {
		u, isUnix := a.(*net.UnixAddr)
		if runtime.GOOS != "linux" && (isUnix || a != nil && strings.Contains(a.String(), "127.0.0.2")) {
			t.Skip("this system has neither more loopback addresses nor names of unix sockets that are read")
		}
		if isUnix && filepath.IsAbs(u.Name) {
			t.Cleanup(func() { removeStale(u.Name) })
		}
	}
	l := open(t, addr, o).Listener
	var all []string
	for i := range from {
		for range 3 {
			all = append(all, fmt.Sprintf("%c 1 from %s", 'a'+i, want[i]))
		}
	}
	got := sendersOf(t, l, len(all), func() {
		for i, a := range from {
			to := l.Addr().String()
			if _, port, err := net.SplitHostPort(to); err == nil && strings.HasPrefix(to, "[::]") {
				to = "127.0.0.1:" + port
			}
			conn, err := (&net.Dialer{LocalAddr: a}).DialContext(t.Context(), network, to)
			if err != nil {
				t.Skip(err)
			}
			defer conn.Close()
			for range 3 {
				write(t, conn, fmt.Sprintf("%c 1\n", 'a'+i))
			}
		}
	})
	if !slices.Equal(got, all) {
		t.Errorf("got  %q\nwant %q", got, all)
	}
}

// The ring passes on what each sender sent, and counts the memory for that.
func TestRingKeepsSendersApart(t *testing.T) {
	a, b := Sender{path: "a"}, Sender{path: "b"}
	r := newRing(30 + 2*partBytes)
	var fit []bool
	for _, tt := range []struct {
		text string
		from Sender
	}{
		{"0123456\n", a}, {"012", a}, {"0\n", b}, {"0\n", a}, {"0\n", b}, {"0123456\n", a}, {"012345678\n", a},
	} {
		fit = append(fit, r.offer([]byte(tt.text), tt.from))
	}
	if now, most := r.usage(); !slices.Equal(fit, []bool{true, true, true, true, false, true, false}) || now != 24+2*partBytes || most != now {
		t.Errorf("fit %v, the ring holds %d bytes, at most %d", fit, now, most)
	}
	for _, want := range [][]part{{{12, a}, {14, b}, {24, a}}, {{2, b}}} {
		if r.take(nil); !slices.Equal(r.taken, want) {
			t.Errorf("took %v, want %v", r.taken, want)
		}
		r.offer([]byte("0\n"), b)
	}
}

// However many senders there are, what is passed on at a time is bounded.
func TestTextsOfTheRingAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Listener{ring: newRing(1 << 20)}
		const all = 2*perTake + 1
		for i := range all {
			if !l.ring.offer(fmt.Appendf(nil, "%d\n", i), Sender{path: fmt.Sprint(i % 7)}) {
				t.Fatal("the ring is full")
			}
		}
		l.ring.close()
		var sizes []int
		n := 0
		l.takeAll(func(texts []Text, more bool) {
			sizes = append(sizes, len(texts))
			for _, text := range texts {
				if want := fmt.Sprintf("%d\n", n); string(text.Lines) != want || text.From.path != fmt.Sprint(n%7) {
					t.Fatalf("text %d is %q from %v", n, text.Lines, text.From)
				}
				n++
			}
			if more != (n < all) {
				t.Errorf("more follow %d texts: %v", n, more)
			}
		})
		if !slices.Equal(sizes, []int{perTake, perTake, 1}) {
			t.Errorf("took %v texts", sizes)
		}
	})
}

// What is rejected before it is taken is passed on with its sender.
func TestRejectedDatagramsHaveTheirSender(t *testing.T) {
	var got []string
	l := open(t, "udp://127.0.0.1:0", Options{RingBytes: 8, OnRejected: func(r Rejected) {
		got = append(got, fmt.Sprintf("%s %s %q %d", r.Reason, r.From, r.Text, r.Lines))
	}}).Listener
	from := Sender{path: "x"}
	l.putPacket([]byte("a 1\nb 2"), from, true)
	l.putPacket([]byte("c 3\nd 4\n \n"), from, false)
	if want := []string{`truncated x "b 2" 1`, `ring_full x "" 2`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if in := l.Ledger(); in.Rejected.Sum() != 3 || in.Rejected[ledger.RingFull] != 2 || in.Check() != nil {
		t.Errorf("counts are %v", in)
	}
}
