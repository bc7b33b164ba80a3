package send

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
)

// A server can be replaced while the old one still runs and holds its
// connections.
func TestReplacedSocketIsFollowed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot replace the file of a socket in use")
	}
	for _, tt := range []struct {
		name string
		sink func() *faultsink.Sink
	}{
		{"unix", func() *faultsink.Sink { return faultsink.NewUnix(t) }},
		{"unixgram", func() *faultsink.Sink { return faultsink.NewUnixgram(t) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, second := tt.sink(), tt.sink()
			path := first.Addr()
			tr := open(t, tt.name+"://"+path, DialOptions{})
			defer tr.Close()
			write := func(p string) {
				t.Helper()
				if m, ok := tr.(Messenger); ok {
					if err := m.Deliver(t.Context(), []byte(p)); err != nil {
						t.Fatal(err)
					}
				} else {
					mustWrite(t, tr.(Stream), p)
				}
			}
			look := func() {
				if m, ok := tr.(*datagramTransport); ok {
					m.watch.next = time.Time{}
				} else {
					tr.(*streamTransport).conn.watch.next = time.Time{}
				}
			}
			write("a 1\n")
			look()
			write("b 1\n")
			if err := os.Rename(second.Addr(), path); err != nil {
				t.Fatal(err)
			}
			write("c 1\n") // it is not looked at yet
			first.WaitLines(3)
			look()
			write("d 1\n")
			if got := second.WaitLines(1); !slices.Equal(got, []string{"d 1"}) {
				t.Errorf("the new socket got %q", got)
			}
			if n := stats(tr.(statser))["reconnects"]; n != 1 {
				t.Errorf("%v reconnects", n)
			}
		})
	}
}

func TestPathWithoutAFileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w := watchPath(path)
	os.Remove(path)
	w.next = time.Time{}
	if w.isReplaced() {
		t.Error("a removed socket counts as replaced")
	}
	if d := time.Until(w.next); d <= 0 || d > lookupInterval {
		t.Errorf("the path is looked at again in %v", d)
	}
	if watchPath("@abstract").isReplaced() || (*pathWatch)(nil).isReplaced() {
		t.Error("a socket without a file counts as replaced")
	}
}

// An agent that hangs keeps its socket while another one is bound to the path
// (datadog-agent#54464). What has no room in the queue of the old one was not sent, and
// goes to the new one, without the wait until the path is looked at again.
func TestDatagramWithoutRoomGoesToTheSocketThatReplacedIt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no unix datagram sockets")
	}
	path := filepath.Join(t.TempDir(), "s")
	hangs := listenUnixgram(t, path)
	tr := open(t, "unixgram://"+path, DialOptions{}).(*datagramTransport)
	s := New(tr, fast)
	sent := 0
	send := func() {
		t.Helper()
		mustSend(t, s, string(numbered(sent, 1)), 1)
		sent++
		s.Flush(within(t, 10*time.Second)) // the error names what was dropped
	}
	for s.Ledger().Dropped.Sum() == 0 && sent < 10_000 {
		send()
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	send() // there is no other socket yet
	if got := s.Ledger().Dropped.String(); got != "no_buffer=2" {
		t.Fatalf("dropped are %s", got)
	}
	reads := faultsink.NewUnixgramAt(t, path)
	first := sent
	for range 3 {
		send()
	}
	if got, want := reads.WaitLines(3), strings.Split(strings.TrimSuffix(string(numbered(first, 3)), "\n"), "\n"); !slices.Equal(got, want) {
		t.Errorf("the new socket got %q, want %q", got, want)
	}
	if n := stats(tr)["reconnects"]; n != 1 {
		t.Errorf("%v reconnects", n)
	}
	if err := s.Close(within(t, 10*time.Second)); err != nil {
		t.Error(err)
	}
	checkLedger(t, s, fmt.Sprintf("accepted=%d delivered=%d dropped=2(no_buffer=2) pending=0", sent, sent-2))
	for buf, read := make([]byte, 1<<16), 0; read < first-2; read++ { // what the old one had taken
		if _, err := hangs.Read(buf); err != nil {
			t.Fatalf("the old socket has %d datagrams, want %d: %v", read, first-2, err)
		}
	}
}
