//go:build unix

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"monkit.example/e2e/servers"
)

// InfluxDB is killed and started again while lines arrive. Each of them is in the
// server in the end, and none is counted as anything but delivered.
func TestInfluxDBThatIsKilledGetsEveryLine(t *testing.T) {
	t.Parallel()
	influx, listen := servers.InfluxDB(t), servers.FreeAddr(t)
	r := startRelay(t, buildRelay(t), []string{listen}, "-listen", "influx+tcp://"+listen, "-forward", "influx+"+influx.WriteURL(),
		"-spool", t.TempDir(), "-drain", "25s")
	l := startLoad(t, "tcp", listen, 50, func(i int) string {
		return fmt.Sprintf("killed v=%d %d\n", i, int64(1_700_000_000_000_000_000)+int64(i))
	})
	for range 2 {
		time.Sleep(500 * time.Millisecond) // of load on a server that works
		influx.Process.Kill()
		time.Sleep(time.Second) // of load that waits, most of it on disk
		influx.Process.Restart(t)
	}
	time.Sleep(500 * time.Millisecond)
	n := l.stop()
	wantDelivered(t, r.stop(t), n)
	rows, err := influx.Query("SELECT count(v), sum(v) FROM killed")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint([]any{json.Number("0"), json.Number(fmt.Sprint(n)), json.Number(fmt.Sprint(int64(n) * int64(n-1) / 2))})
	if len(rows) != 1 || fmt.Sprint(rows[0].Values[0]) != want {
		t.Errorf("InfluxDB has %v of %d lines, want time, count and sum %s", rows, n, want)
	}
}

// Carbon's process is stopped, while its system goes on acknowledging lines. Then it
// is killed, with lines that it has not read, and with lines in its cache that are
// not in its files. Once it runs again, its series have no hole.
func TestCarbonThatIsStoppedAndKilledHasNoHole(t *testing.T) {
	t.Parallel()
	g, listen := servers.Graphite(t), servers.FreeAddr(t)
	r := startRelay(t, buildRelay(t), []string{listen}, "-listen", "graphite+tcp://"+listen, "-forward", "graphite+tcp://"+g.Line, "-drain", "25s")
	const series, seconds = 20, 400
	first := time.Now().Unix() - seconds
	second := func(i int) (text string) {
		for n := range series {
			text += fmt.Sprintf("outage.carbon%d %d.5 %d\n", n, i, first+int64(i))
		}
		return text
	}
	ends := make(chan struct{})
	l := startLoad(t, "tcp", listen, 1, func(i int) string {
		switch {
		case i < seconds:
			return second(i)
		case i == seconds:
			close(ends)
		}
		return ""
	})
	time.Sleep(500 * time.Millisecond)
	g.Carbon.Suspend(t)
	time.Sleep(500 * time.Millisecond)
	g.Carbon.Kill()
	time.Sleep(500 * time.Millisecond)
	g.Carbon.Restart(t)
	<-ends
	l.stop()
	printed := r.stop(t)
	wantDelivered(t, printed, series*seconds)
	if !strings.Contains(printed, "recalled=") {
		t.Error("no line was sent again, so that Carbon has lost none")
	}
	servers.Eventually(t, "all points", func() error {
		var all []error
		for n := range series {
			all = append(all, hasPoints(g, fmt.Sprintf("outage.carbon%d", n), first, seconds))
		}
		return errors.Join(all...)
	})
}

// wantDelivered checks the ledger that a relay with one destination printed: it
// accepted and delivered so many lines.
func wantDelivered(t *testing.T, printed string, lines int) {
	t.Helper()
	wantBalance(t, printed)
	for line := range strings.Lines(printed) {
		if n := numbers(line); strings.HasPrefix(line, "  to ") && (n["accepted"] != lines || n["delivered"] != lines) {
			t.Errorf("the ledger of %d lines is %s", lines, line)
		}
	}
}
