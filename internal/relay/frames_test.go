package relay

import (
	"net"
	"strings"
	"testing"

	"monkit.example/internal/faultsink"
	"monkit.example/reporters/ledger"
)

// Frames of up to a megabyte that are being read share the memory of the listener, of
// which one host has half at most. Others can have their frames read.
func TestUnfinishedPicklesCostNoOtherHostItsFrames(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"pickle+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	good, err := from.Dial("tcp", r.Addrs()[0].String())
	if err != nil {
		t.Skip("this system has one loopback address:", err)
	}
	defer good.Close()
	const crowd = 40
	unfinished := pickled(strings.Repeat("x", 1<<20))[:1<<20]
	for range crowd {
		write(t, dial(t, r.Addrs()[0]), unfinished)
	}
	waitFor(t, "frames that find no memory", func() bool { return r.Ledger().Received().Rejected[ledger.BuffersFull] >= crowd/2 })
	points := strings.Repeat("U\x01aK\x01K\x02\x86\x86", 10_000)
	write(t, good, pickled("]("+points+"e."))
	waitFor(t, "delivery", func() bool { return r.Ledger().Destinations[0].Delivered == 10_000 })
	r.stop(t)
}
