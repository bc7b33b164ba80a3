package send

import (
	"testing"
	"time"

	"monkit.example/internal/faultsink"
)

// The answers of servers are enough for a search, with and without gzip.
func TestSearchOverHTTP(t *testing.T) {
	const n = 5000
	bad := []int{0, 17, 18, 2500, 4999}
	for i := range 150 {
		bad = append(bad, 3000+10*i)
	}
	for _, tt := range []struct {
		name     string
		reply    faultsink.Reply
		requests int // at most
	}{
		{"v1, nothing stored", faultsink.Influx2("bad", n), 2},
		{"v2, a line quoted", faultsink.Influx2("bad", 1), 200},
		{"v3, partial", faultsink.Influx3("bad", true), 2},
		{"v3, all or nothing", faultsink.Influx3("bad", false), 200},
	} {
		for _, zip := range []bool{false, true} {
			sink := faultsink.NewHTTP(t, tt.reply)
			tr := open(t, "http://"+sink.Addr(), DialOptions{Gzip: zip}).(Messenger)
			deliver := func(body []byte) error { return tr.Deliver(t.Context(), body) }
			sum, requests := driveSearch(t, deliver, withBad(n, bad), n, time.Millisecond)
			tr.Close()
			stored := make(map[string]bool)
			for _, line := range sink.Lines() {
				stored[line] = true
			}
			if len(stored) != n-len(bad) || sum.delivered != n-len(bad) || sum.rejected != len(bad) || requests > tt.requests {
				t.Errorf("%s, gzip %v: %d stored, %d delivered, %d rejected after %d requests", tt.name, zip, len(stored), sum.delivered, sum.rejected, requests)
			}
		}
	}
}
