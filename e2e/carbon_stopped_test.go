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

// Carbon's process is stopped for a minute, while its system goes on taking
// connections and acknowledging what fits into its buffers, and then goes on.
// Every line arrives, and none twice, whether the relay keeps what waits on disk
// or in memory. The operator of a Carbon on a machine that swaps, or whose
// virtual machine is moved, sees this.
func TestCarbonThatIsStoppedForAMinuteGetsEveryLineOnce(t *testing.T) {
	t.Parallel()
	const stopped = time.Minute
	g := servers.Graphite(t)
	all := []*stoppedLoad{
		startStoppedLoad(t, g, "disk", "-spool", t.TempDir()),
		startStoppedLoad(t, g, "memory"),
	}
	time.Sleep(500 * time.Millisecond) // of load on a server that works
	g.Carbon.Suspend(t)
	time.Sleep(stopped)
	for _, l := range all {
		l.wantWaiting(t)
	}
	g.Carbon.Resume(t)
	for _, l := range all {
		l.wantAll(t, g)
	}
	servers.Eventually(t, "Carbon's count of lines", func() error {
		switch n, err := g.Received(); {
		case err != nil:
			return err
		case n == 0:
			return errors.New("Carbon has not counted yet")
		case n > float64(len(all)*stoppedLines):
			t.Errorf("Carbon has received %v lines of %d", n, len(all)*stoppedLines)
		}
		return nil
	})
}

// A stoppedLoad has a value of each of stoppedSeries for each of stoppedSeconds.
// Its writes take 60 s in all.
const (
	stoppedSeries  = 120
	stoppedSeconds = 400
	stoppedLines   = stoppedSeries * stoppedSeconds
	stoppedWrite   = 4 // lines, each loadInterval
)

// A stoppedLoad is a relay in front of Carbon, and the load on it.
type stoppedLoad struct {
	name  string // second part of the paths
	relay *relay
	load  *load
	page  string        // URL of the relay's ledger
	first int64         // Unix seconds of the first value
	ends  chan struct{} // closed when the last line has been sent
}

func startStoppedLoad(t *testing.T, g *servers.GraphiteServer, name string, args ...string) *stoppedLoad {
	t.Helper()
	listen, web := servers.FreeAddr(t), servers.FreeAddr(t)
	args = append(args, "-listen", "graphite+tcp://"+listen, "-forward", "graphite+tcp://"+g.Line, "-http", web, "-drain", "25s")
	s := &stoppedLoad{name: name, first: time.Now().Unix() - stoppedSeconds, ends: make(chan struct{}),
		page: "http://" + web + "/ledger?format=json", relay: startRelay(t, buildRelay(t), []string{listen, web}, args...)}
	s.load = startLoad(t, "tcp", listen, stoppedWrite, func(i int) string {
		switch {
		case i < stoppedLines:
			second := i / stoppedSeries
			return fmt.Sprintf("stopped.%s.%d %d.5 %d\n", name, i%stoppedSeries, second, s.first+int64(second))
		case i == stoppedLines:
			close(s.ends)
		}
		return ""
	})
	return s
}

// wantWaiting checks that the relay has most lines, and has delivered few.
func (s *stoppedLoad) wantWaiting(t *testing.T) {
	t.Helper()
	text := fetch(t, s.page)
	var ledger struct {
		Destinations []struct{ Accepted, Delivered, Pending int }
	}
	if err := json.Unmarshal([]byte(text), &ledger); err != nil || len(ledger.Destinations) != 1 {
		t.Fatalf("%s: %v, %+v", s.page, err, ledger)
	}
	if d := ledger.Destinations[0]; d.Accepted != d.Delivered+d.Pending || d.Pending < stoppedLines/2 {
		t.Errorf("%s: the ledger is %+v while Carbon is stopped, want most of %d lines pending and none dropped", s.name, d, stoppedLines)
	}
}

// wantAll checks that every line was delivered, none was sent twice, and Carbon
// has each value.
func (s *stoppedLoad) wantAll(t *testing.T, g *servers.GraphiteServer) {
	t.Helper()
	<-s.ends
	s.load.stop()
	printed := s.relay.stop(t)
	wantDelivered(t, printed, stoppedLines)
	if strings.Contains(printed, "recalled=") {
		t.Errorf("%s: lines were sent again:\n%s", s.name, printed)
	}
	servers.Eventually(t, "all points", func() error {
		return haveValues(g, "stopped."+s.name+".*", stoppedSeries, s.first, stoppedSeconds)
	})
}
