package relay

import (
	"runtime"
	"strings"
	"testing"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// gauges are the fields of a relay and its parts that are not totals, with the
// system that they need, or "".
var gauges = map[string]string{
	"pending": "", "ring_bytes": "", "ring_max_bytes": "", "buffer_bytes": "", "buffer_max_bytes": "", "connections": "", "rcvbuf_bytes": "linux", "kernel_queue_bytes": "linux",
	"queue_bytes": "", "queue_max_bytes": "", "queue_chunks": "", "redo_bytes": "", "delivered_lines": "", "pending_lines": "", "oldest_age_seconds": "", "up": "", "last_success_unix_seconds": "",
	"min": "", "max": "", "rmin": "", "ravg": "", "r10": "", "r50": "", "r90": "", "r95": "", "r99": "", "r999": "", "rmax": "", "recent": "",
}

// Every field is emitted, and is a total unless it is one of gauges.
func TestIsTotal(t *testing.T) {
	reg := monkit.NewRegistry()
	r := start(t, Config{
		Listen:  []string{"graphite+udp://127.0.0.1:0", "graphite+tcp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://" + faultsink.NewTCP(t).Addr()}, Registry: reg,
	})
	write(t, dial(t, r.Addrs()[0]), "a.b 1 1700000000\nnonsense\n")
	waitFor(t, "delivery", func() bool { return r.Ledger().Destinations[0].Delivered == 1 })
	measurements, fields := map[string]int{}, map[string]int{}
	reg.Stats(func(key monkit.SeriesKey, field string, _ float64) {
		measurements[key.Measurement]++
		fields[field]++
		_, gauge := gauges[field]
		if total, known := reg.IsTotal(key, field); !known || total == gauge {
			t.Errorf("%s: total is %v, known %v", key.WithField(field), total, known)
		}
	})
	for _, m := range []string{"relay_listener", "relay_destination", "listen", "send"} {
		if measurements[m] == 0 {
			t.Errorf("no series %s", m)
		}
	}
	for field, system := range gauges {
		if fields[field] == 0 && (system == "" || system == runtime.GOOS) {
			t.Errorf("no field %s", field)
		}
	}
	if n := fields["kernel_dropped_datagrams"]; n > 1 {
		t.Errorf("kernel_dropped_datagrams is emitted %d times", n)
	}
	r.stop(t)
}

func TestStatsHaveTheNumbersOfTheLedger(t *testing.T) {
	sink := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: []string{"statsd+tcp://" + sink.Addr()}})
	long := strings.Repeat("x", 9000) + ":1|c\n" // longer than a receiver reads
	write(t, dial(t, r.Addrs()[0]), "a.b:1|c\nc.d:2|c\nnonsense\ne.f:1e999|c\nnonsense\n"+long)
	waitFor(t, "delivery", func() bool {
		return r.Ledger().Received().Received == 6 && r.Ledger().Destinations[0].Delivered == 2
	})
	got := monkit.Collect(r.Relay)
	in, out := r.receivers[0].listener.Name(), r.destinations[0].Name
	for series, want := range map[string]float64{
		"relay_listener,listener=" + in + " received":                       6,
		"relay_listener,listener=" + in + " accepted":                       3,
		"relay_listener,listener=" + in + ",reason=malformed rejected":      2,
		"relay_listener,listener=" + in + ",reason=not_finite rejected":     1,
		"relay_destination,destination=" + out + " accepted":                3,
		"relay_destination,destination=" + out + " delivered":               2,
		"relay_destination,destination=" + out + " pending":                 0,
		"relay_destination,destination=" + out + ",reason=oversize dropped": 1,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v (emitted: %v), want %v", series, v, ok, want)
		}
	}
	for series := range got {
		if strings.HasPrefix(series, "relay_") && strings.Contains(series, "reason=") && got[series] == 0 {
			t.Errorf("%s is emitted without lines", series)
		}
	}
	r.stop(t)
}

func TestKeysAreMadeOnce(t *testing.T) {
	var k statKeys
	id := statKey{role: "listener", name: "in", reason: ledger.Malformed}
	k.key(id)
	if n := testing.AllocsPerRun(20, func() { k.key(id) }); n != 0 {
		t.Errorf("%v allocations for a known key", n)
	}
}
