package relay

import (
	"os"
	"path/filepath"
	"testing"

	"monkit.example/internal/faultsink"
)

func TestReceivedLinesAreCountedAcrossRuns(t *testing.T) {
	dir, sink := t.TempDir(), faultsink.NewTCP(t)
	cfg := Config{Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + sink.Addr()}, Spool: dir}
	for run := range 2 {
		r := start(t, cfg)
		write(t, dial(t, r.Addrs()[0]), "a.b 1 1700000000\nnonsense\n")
		waitFor(t, "delivery", func() bool { return r.Ledger().Destinations[0].Delivered == int64(run+1) })
		l := r.stop(t)
		if in := l.Listeners[0]; in.Received != int64(2*(run+1)) || in.Accepted != int64(run+1) || in.Pending != 0 {
			t.Errorf("run %d: %v", run, in)
		}
		if to := l.Destinations[0]; to.Routed != to.Accepted || to.Accepted != int64(run+1) {
			t.Errorf("run %d: %v lines of %d routed", run, to.Ledger, to.Routed)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "listeners")); err != nil {
		t.Error(err)
	}
}
