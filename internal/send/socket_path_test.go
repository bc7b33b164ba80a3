package send

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
