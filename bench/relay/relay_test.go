package main

import (
	"bytes"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDatagramsHaveEqualNumbersOfLines(t *testing.T) {
	for i, d := range fullDatagrams.datagrams {
		if n := bytes.Count(d, []byte("\n")); n != fullDatagrams.perDatagram || len(d) > maxDatagram || len(d) < maxDatagram*9/10 {
			t.Errorf("datagram %d has %d lines in %d bytes, want %d in about %d", i, n, len(d), fullDatagrams.perDatagram, maxDatagram)
		}
	}
	for i, d := range singleLines.datagrams {
		if n := bytes.Count(d, []byte("\n")); n != 1 || singleLines.perDatagram != 1 {
			t.Errorf("datagram %d has %d lines, want 1", i, n)
		}
	}
}

func TestDropsAreSummedBySocketsOfThePort(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  101: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20517 2 0000000000000000 7
  102: 00000000:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20518 2 0000000000000000 5
  103: 0100007F:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20519 2 0000000000000000 1
`
	if n, ok := dropsIn(table, 0x1F90); n != 12 || !ok {
		t.Errorf("drops %d, found %v; want 12, the sum of both sockets", n, ok)
	}
	if n, ok := dropsIn(table, 80); n != 0 || ok {
		t.Errorf("drops %d, found %v; want none for a port without a socket", n, ok)
	}
}

func TestParseRates(t *testing.T) {
	if got, err := parseRates("1, 200"); err != nil || len(got) != 2 || got[1] != 200 {
		t.Errorf("parseRates: %v, %v", got, err)
	}
	for _, bad := range []string{"", "1,", "x", "0", "-5"} {
		if got, err := parseRates(bad); err == nil {
			t.Errorf("parseRates(%q) = %v and no error", bad, got)
		}
	}
}

// At a rate that every machine can handle, each line arrives or is dropped by the
// kernel. So lines that are not accounted for are lost in a relay, not in the
// measurement.
func TestTrialAccountsForEveryLine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	peers, err := peers(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range peers {
		for _, m := range modes {
			if p.only == "" || p.only == m.format {
				t.Run(p.name+" "+m.name, func(t *testing.T) { testTrial(t, p, m) })
			}
		}
	}
}

func testTrial(t *testing.T, p peer, m mode) {
	r, err := p.trial(m, 5000, 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if r.sent < 1000 || r.arrived == 0 || r.rss == 0 {
		t.Errorf("nothing was measured: %+v", r)
	}
	if n := r.unaccounted(); n != 0 {
		t.Errorf("%d lines unaccounted: %+v", n, r)
	}
}

// The process of this trial is not a relay.
func TestTrialFailsIfTheRelayEnds(t *testing.T) {
	p := peer{name: "true", command: func(int, string, string) (*exec.Cmd, error) { return exec.Command("go", "version"), nil }}
	if r, err := p.trial(modes[0], 1000, time.Millisecond); err == nil {
		t.Errorf("a relay that ended at once has the result %+v", r)
	}
}
