package listen

import (
	"strings"
	"testing"

	"monkit.example/monkit"
)

func TestStatsReportsTheFieldsOfTheTransport(t *testing.T) {
	for _, tt := range []struct {
		addr   string
		fields string // in order
	}{
		{"udp://127.0.0.1:0", "bytes errors ring_bytes ring_bytes_max ring_full too_long truncated_tail datagrams refused_datagrams"},
		{"tcp://127.0.0.1:0", "bytes errors ring_bytes ring_bytes_max ring_full too_long truncated_tail connections accepted_connections refused_connections idle_connections_closed"},
	} {
		t.Run(tt.addr, func(t *testing.T) {
			r := open(t, tt.addr, Options{})
			var fields []string
			r.Stats(func(key monkit.SeriesKey, field string, _ float64) {
				fields = append(fields, field)
				if key.Measurement != "listen" || key.Tags.Len() != 1 || key.Tags.At(0) != (monkit.SeriesTag{Key: "listener", Val: tt.addr}) {
					t.Errorf("%s belongs to %v", field, key)
				}
			})
			if got := strings.Join(fields, " "); !strings.HasPrefix(got, tt.fields) {
				t.Errorf("fields are %s", got)
			}
		})
	}
}

// Each reason has its own count, in Stats and in Intake.
func TestReasonsHaveTheirOwnCounts(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0", Options{})
	rejected := &r.counts.rejected
	rejected.ringFull.Store(1)
	rejected.tooLong.Store(2)
	rejected.truncatedTail.Store(4)
	want := map[string]int64{"ring_full": 1, "too_long": 2, "truncated_tail": 4}
	in := r.Intake()
	for reason, n := range want {
		if in.Rejected[reason] != n || r.stat(reason) != float64(n) {
			t.Errorf("%s: rejected %d, reported %v, want %d", reason, in.Rejected[reason], r.stat(reason), n)
		}
	}
	if len(in.Rejected) != len(want) || in.Received != 7 || in.Accepted != 0 {
		t.Errorf("Intake() = %+v", in)
	}
	rejected.tooLong.Store(0)
	if _, ok := r.Intake().Rejected["too_long"]; ok {
		t.Error("a reason that has no lines is listed")
	}
}

func TestTotalsAreFieldsThatOnlyGrow(t *testing.T) {
	levels := map[string]bool{"ring_bytes": true, "ring_bytes_max": true, "rcvbuf_bytes": true, "kernel_queue_bytes": true, "connections": true}
	seen := map[string]bool{}
	for _, addr := range []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"} {
		r := open(t, addr, Options{})
		r.Stats(func(key monkit.SeriesKey, field string, _ float64) {
			seen[field] = true
			if total, known := r.IsTotal(key, field); !known || total == levels[field] {
				t.Errorf("%s: IsTotal(%s) = %v, %v", addr, field, total, known)
			}
		})
		for _, key := range []monkit.SeriesKey{
			monkit.NewSeriesKey("listen").WithTag("listener", "udp://127.0.0.1:1"),
			monkit.NewSeriesKey("send").WithTag("listener", addr),
		} {
			if _, known := r.IsTotal(key, "bytes"); known {
				t.Errorf("%s: IsTotal() knows %v", addr, key)
			}
		}
	}
	for _, field := range []string{"ring_bytes", "ring_bytes_max", "connections"} { // the others are Linux's
		if !seen[field] {
			t.Errorf("Stats does not report %s", field)
		}
	}
}

func TestStatsAllocatesNothing(t *testing.T) {
	for _, addr := range []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"} {
		r := open(t, addr, Options{})
		sum := 0.0
		cb := func(_ monkit.SeriesKey, _ string, val float64) { sum += val }
		if n := testing.AllocsPerRun(100, func() { r.Stats(cb) }); n != 0 {
			t.Errorf("%s: %v allocations", addr, n)
		}
	}
}
