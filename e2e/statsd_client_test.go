package e2e

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"monkit.example/e2e/servers"
	"monkit.example/internal/faultsink"
)

// hotShots is a program with a client of DogStatsD. Its arguments are the folder of
// the client, and the host and the port of a server. Tags in an object come in the
// order of the object.
const hotShots = `
const [, folder, host, port] = process.argv;
const { StatsD } = require(folder);
const c = new StatsD({ host, port: Number(port), errorHandler: e => { throw e } });
for (let i = 0; i < 3; i++) c.gauge('temp', -5, { room: 'x' });
c.gauge('level', 4);
c.gauge('level', -1.5);
c.increment('hits', 2, ['a:1', 'b:2']);
c.increment('hits', 3, ['b:2', 'a:1']);
c.increment('page', 1, ['blue']);
c.increment('page', 2, ['red']);
c.decrement('stock', 4);
for (const who of ['ann', 'bob', 'ann']) c.set('users', who);
c.timing('took', 20);
c.timing('took', 40);
c.histogram('size', 5, { room: 'x' });
c.distribution('dist', 7, { room: 'x' });
c.gauge('stamped', 8, { tags: { room: 'x' }, timestamp: 1700000000 });
c.increment('stamped.count', 6, { tags: { room: 'x' }, timestamp: 1700000000 });
c.close(e => { if (e) throw e });
`

// TestLinesOfHotShotsAreAggregated has a client of DogStatsD for Node, and a listener
// of that dialect, in which the sign of a gauge is part of its value.
func TestLinesOfHotShotsAreAggregated(t *testing.T) {
	client := servers.NodePackage(t, "hot-shots")
	addr, sink, r := startAggregator(t, "?dialect=dogstatsd")
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	servers.RunNode(t, hotShots, client, host, port)
	servers.Send(t, "udp", addr, marker)
	awaitIntervals(t, sink, "marker.total", "marker.total")
	all := valuesOf(t, sink)
	for path, tt := range map[string]struct {
		of   reading
		want float64
	}{
		"temp.room.x.value":  {last, -5},
		"level.value":        {last, -1.5},
		"hits.a.1.b.2.total": {last, 5},
		"stock.total":        {last, -4},
		"users.count":        {most, 2},
		"took.count":         {last, 2},
		"took.sum":           {last, 60},
		"size.room.x.sum":    {last, 5},
		"dist.room.x.sum":    {last, 7},
	} {
		all.check(t, "the relay", path, tt.of, tt.want)
	}
	wantPage(t, all)
	wantBalance(t, r.stop(t))
	for _, want := range []string{"stamped.room.x.value 8 1700000000", "stamped.count.room.x.value 6 1700000000"} {
		name, _, _ := strings.Cut(want, " ")
		if got := linesOf(sink, name); !slices.Equal(got, []string{want}) {
			t.Errorf("what has a time of its own arrived as %q, want %q once", got, want)
		}
	}
}

// linesOf returns the lines that a Graphite server received of a path.
func linesOf(sink *faultsink.Sink, path string) []string {
	return slices.DeleteFunc(sink.Lines(), func(line string) bool { return !strings.HasPrefix(line, path+" ") })
}

// wantPage checks that two tags without a value are two series.
func wantPage(t *testing.T, all values) {
	t.Helper()
	var totals []string
	for path, of := range all {
		if strings.HasPrefix(path, "page.") {
			totals = append(totals, fmt.Sprint(last(of)))
		}
	}
	slices.Sort(totals)
	if !slices.Equal(totals, []string{"1", "2"}) {
		t.Errorf("the pages have the totals %v, want 1 and 2", totals)
	}
}
