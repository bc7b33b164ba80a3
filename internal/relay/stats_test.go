package relay

import (
	"testing"

	"monkit.example/monkit"
)

// TestIsTotal has a relay say of every field whether it counts up.
func TestIsTotal(t *testing.T) {
	reg := monkit.NewRegistry()
	r := shown(t, Config{Registry: reg})
	levels := map[string]bool{ // of a relay that carries nothing yet, and its parts
		"pending": true, "ring_bytes": true, "ring_bytes_max": true, "rcvbuf_bytes": true, "kernel_queue_bytes": true, "connections": true,
		"queue_bytes": true, "queue_payloads": true, "queue_lines": true, "oldest_age_seconds": true, "up": true, "last_success_unix_seconds": true,
	}
	seen, fields := map[string]int{}, map[string]int{}
	reg.Stats(func(key monkit.SeriesKey, field string, _ float64) {
		seen[key.Measurement]++
		fields[field]++
		if total, known := reg.IsTotal(key, field); !known || total == levels[field] {
			t.Errorf("%s: total is %v, known %v", key.WithField(field), total, known)
		}
	})
	for _, m := range []string{"relay_listener", "relay_destination", "listen", "send"} {
		if seen[m] == 0 {
			t.Errorf("no series %s", m)
		}
	}
	if n := fields["kernel_dropped_datagrams"]; n > 1 {
		t.Errorf("what the kernel dropped is told %d times", n)
	}
	r.stop(t)
}
