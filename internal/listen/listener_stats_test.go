package listen

import (
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

func TestStatsReportsTheFieldsOfTheTransport(t *testing.T) {
	for _, tt := range []struct {
		addr   string
		fields string // in order
	}{
		{"udp://127.0.0.1:0", "bytes errors ring_bytes ring_max_bytes rejected_lines rejected_lines rejected_lines rejected_lines rejected_lines rejected_lines datagrams rejected_datagrams"},
		{"tcp://127.0.0.1:0", "bytes errors ring_bytes ring_max_bytes rejected_lines rejected_lines rejected_lines rejected_lines rejected_lines rejected_lines connections accepted_connections buffer_bytes buffer_max_bytes rejected_connections rejected_connections rejected_connections rejected_connections rejected_connections"},
	} {
		t.Run(tt.addr, func(t *testing.T) {
			r := open(t, tt.addr, Options{})
			var fields []string
			r.Stats(func(key monkit.SeriesKey, field string, _ float64) {
				fields = append(fields, field)
				want := monkit.NewSeriesKey("listen").WithTag("listener", tt.addr)
				if strings.HasPrefix(field, "rejected_") && field != "rejected_datagrams" {
					want = want.WithTag("reason", key.Tags.Get("reason"))
				}
				if key.String() != want.String() {
					t.Errorf("%s belongs to %v, want %v", field, key, want)
				}
			})
			if got := strings.Join(fields, " "); !strings.HasPrefix(got, tt.fields) {
				t.Errorf("fields are %s", got)
			}
		})
	}
}

// Each reason has its own count, in Stats and in Ledger.
func TestReasonsHaveTheirOwnCounts(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0", Options{})
	r.reject(ledger.RingFull, 1)
	r.reject(ledger.TooLong, 2)
	r.reject(ledger.Truncated, 4)
	in := r.Ledger()
	if want := "received=7 accepted=0 rejected=7(ring_full=1,too_long=2,truncated=4)"; in.String() != want {
		t.Errorf("the ledger is %v, want %s", in, want)
	}
	emitted := ledger.Counts{}
	r.Stats(func(key monkit.SeriesKey, field string, val float64) {
		if field == "rejected_lines" {
			emitted.Count(ledger.Reason(key.Tags.Get("reason")), int64(val))
		}
	})
	if emitted.String() != in.Rejected.String() {
		t.Errorf("Stats emits %v, want %v", emitted, in.Rejected)
	}
}

func TestTotalsAreFieldsThatOnlyGrow(t *testing.T) {
	levels := map[string]bool{"ring_bytes": true, "ring_max_bytes": true, "rcvbuf_bytes": true, "kernel_queue_bytes": true, "connections": true, "buffer_bytes": true, "buffer_max_bytes": true}
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
	for _, field := range []string{"ring_bytes", "ring_max_bytes", "connections"} { // the others are Linux's
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
