package relay

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
)

func TestLinesWaitInTheSpoolForTheNextRelay(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(t.TempDir(), "s") // which no other program can take in between
	cfg := Config{Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+unix://" + path}, Spool: dir, Drain: 10 * time.Millisecond}
	r := start(t, cfg)
	write(t, dial(t, r.Addrs()[0]), "a.b 1 1700000000\na.c 2 1700000000\n")
	waitFor(t, "the lines", func() bool { return r.Ledger().Destinations[0].Pending == 2 })
	if l := r.stop(t); l.Destinations[0].Pending != 2 || l.Destinations[0].Dropped.Sum() != 0 {
		t.Errorf("the first relay's ledger: %v", l)
	}
	sink := faultsink.NewTCP(t)
	cfg.Forward = []string{"graphite+tcp://" + sink.Addr()}
	other := start(t, cfg) // has a destination, and so a folder, of its own
	if l := other.stop(t); l.Destinations[0].Accepted != 0 {
		t.Errorf("lines went to another destination: %v", l)
	}
	at := faultsink.NewUnixAt(t, path)
	cfg.Forward, cfg.Drain = []string{"graphite+unix://" + path}, 10*time.Second
	again := start(t, cfg)
	waitFor(t, "delivery", func() bool { return again.Ledger().Destinations[0].Delivered == 2 })
	if l := again.stop(t); l.Destinations[0].Accepted != 2 || l.Destinations[0].Pending != 0 {
		t.Errorf("the next relay's ledger: %v", l)
	}
	if got := at.WaitLines(2); !slices.Equal(got, []string{"a.b 1 1700000000", "a.c 2 1700000000"}) {
		t.Errorf("received %q", got)
	}
}
