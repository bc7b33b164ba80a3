package relay

import (
	"os"
	"path/filepath"
	"testing"

	"monkit.example/internal/faultsink"
	"monkit.example/internal/push"
	"monkit.example/reporters/ledger"
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

// The name of a listener has no options. A book of a version in whose names they
// were goes on.
func TestBookOfAListenerWithOptionsGoesOn(t *testing.T) {
	dir := t.TempDir()
	const former = "graphite+tcp://127.0.0.1:0?idle=5s"
	if err := os.Mkdir(filepath.Join(dir, "listeners"), 0o700); err != nil {
		t.Fatal(err)
	}
	book, err := ledger.OpenListenerBook(filepath.Join(dir, "listeners", push.Folder(former)), former)
	if err != nil {
		t.Fatal(err)
	}
	book.Receive(5)
	book.Accept(5)
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	sink := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{former}, Forward: []string{"graphite+tcp://" + sink.Addr()}, Spool: dir})
	l := r.stop(t)
	if in := l.Listeners[0]; in.Received != 5 || in.Name != "graphite+tcp://127.0.0.1:0" {
		t.Errorf("%s: %v", in.Name, in)
	}
}

// Two listeners at free ports have one address, and each has its own counts.
func TestListenersAtFreePortsHaveNamesOfTheirOwn(t *testing.T) {
	sink := faultsink.NewTCP(t)
	r := start(t, Config{
		Listen:  []string{"graphite+tcp://127.0.0.1:0", "graphite+tcp://127.0.0.1:0?idle=5s"},
		Forward: []string{"graphite+tcp://" + sink.Addr()}, Spool: t.TempDir(),
	})
	if names := r.Names(); len(names) != 2 || names[0] != "graphite+tcp://127.0.0.1:0" || names[1] == names[0] {
		t.Errorf("the names are %q", names)
	}
	write(t, dial(t, r.Addrs()[1]), "a.b 1 1700000000\n")
	waitFor(t, "delivery", func() bool { return r.Ledger().Destinations[0].Delivered == 1 })
	if l := r.stop(t); l.Listeners[0].Received != 0 || l.Listeners[1].Received != 1 {
		t.Errorf("%v", l.Listeners)
	}
}
