package webpage

import (
	"io"
	"log/slog"
	"net"
	"testing"
)

// Pages have a quarter of the descriptors: a flood of them leaves those of the listeners
// of lines, which have half.
func TestPagesHaveAQuarterOfTheDescriptors(t *testing.T) {
	for _, tt := range []struct {
		descriptors uint64
		want        int
	}{{0, minConns}, {64, 16}, {256, 64}, {1024, 256}, {4096, 1024}, {1 << 20, maxConns}, {1<<64 - 1, maxConns}} {
		if got := connsFor(tt.descriptors); got != tt.want {
			t.Errorf("%d descriptors: %d connections, want %d", tt.descriptors, got, tt.want)
		}
	}
}

// piped is a listener of pipes, which are all of one peer.
type piped struct{ net.Listener }

func (piped) Accept() (net.Conn, error) {
	here, _ := net.Pipe()
	return here, nil
}

func TestConnectionsStayWithinTheLimitOfTheProcess(t *testing.T) {
	l := newConnLimit(piped{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	l.max = connsFor(128)
	for range 100 {
		if _, err := l.Accept(); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.open.Len(); n != 24 {
		t.Errorf("%d connections of one peer are open, want three quarters of %d", n, l.max)
	}
}
