package relay

import (
	"testing"

	"monkit.example/monkit"
)

// Log lines that could not be written are a series and a problem of the page, and no
// reason for a load balancer to avoid the relay.
func TestLostLogLinesAreShown(t *testing.T) {
	lost := int64(0)
	r := &Relay{cfg: Config{LostLogs: func() int64 { return lost }}}
	if p := r.logProblems(); p != nil {
		t.Errorf("nothing is lost, but the problems are %q", p)
	}
	lost = 7
	if p := r.logProblems(); len(p) != 1 || p[0] != "7 log lines were lost: what reads the log ended, or does not keep up" {
		t.Errorf("the problems are %q", p)
	}
	if p := r.health.problems(); len(p) > 0 {
		t.Errorf("the health has %q", p)
	}
	found := false
	r.Stats(func(key monkit.SeriesKey, field string, val float64) {
		if total, known := r.IsTotal(key, field); key.Measurement == "relay_log" && field == "lost_lines" {
			found = val == 7 && total && known
		}
	})
	if !found {
		t.Error("there is no total relay_log lost_lines of 7")
	}
}
