package relay

import (
	"strings"
	"testing"

	"monkit.example/internal/faultsink"
)

// Many Influx clients can write seconds, such as python3-influxdb with
// time_precision="s"; a socket has no parameter to say so.
func TestInfluxListenerHasAPrecision(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"influx+tcp://127.0.0.1:0?precision=s", "influx+udp://127.0.0.1:0"}, Forward: []string{"influx+tcp://" + s.Addr()}})
	write(t, dial(t, r.Addrs()[0]), "a f=1 1700000000\n")
	waitFor(t, "delivery", func() bool { return text(s) == "a f=1 1700000000000000000\n" })
	write(t, dial(t, r.Addrs()[1]), "b f=1 1700000000\nb f=1 1700000000000000000\n")
	waitFor(t, "delivery", func() bool { return strings.HasSuffix(text(s), "b f=1 1700000000\nb f=1 1700000000000000000\n") })
	hints := r.Hints()
	if len(hints) != 1 || hints[0].Hint.Name != "time_in_seconds" || hints[0].Lines != 1 || !strings.Contains(hints[0].Listener, "udp") {
		t.Errorf("hints are %+v", hints)
	}
	if l := r.stop(t); l.Destinations[0].Delivered != 3 || l.Received().Accepted != 3 {
		t.Errorf("the ledger is %v", l)
	}
}

func TestUnknownPrecisionIsAnError(t *testing.T) {
	for _, addr := range []string{"influx+tcp://127.0.0.1:0?precision=m", "influx+tcp://127.0.0.1:0?precision=", "graphite+tcp://127.0.0.1:0?precision=s"} {
		_, err := New(Config{Listen: []string{addr}, Forward: []string{"influx+tcp://127.0.0.1:1"}})
		if err == nil || !strings.Contains(err.Error(), "precision") || strings.HasPrefix(addr, "influx") && !strings.Contains(err.Error(), "write ns, us, ms or s") {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
