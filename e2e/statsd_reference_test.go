package e2e

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"monkit.example/e2e/servers"
	"monkit.example/internal/faultsink"
)

// values are what a Graphite server received, by path, in the order of arrival.
type values map[string][]float64

// valuesOf reads the lines of a server so far.
func valuesOf(t *testing.T, sink *faultsink.Sink) values {
	t.Helper()
	all := values{}
	for _, line := range sink.Lines() {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			t.Fatalf("%q is no line of Graphite", line)
		}
		v, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all[fields[0]] = append(all[fields[0]], v)
	}
	return all
}

// A reading takes one number of the values of a path.
type reading func(of []float64) float64

func sum(of []float64) (s float64) {
	for _, v := range of {
		s += v
	}
	return s
}

func last(of []float64) float64 { return of[len(of)-1] }

func most(of []float64) float64 {
	m := of[0]
	for _, v := range of {
		m = max(m, v)
	}
	return m
}

// check reports an error unless the values of path give want, within one percent for a
// quantile.
func (v values) check(t *testing.T, from, path string, r reading, want float64) {
	t.Helper()
	if len(v[path]) == 0 {
		t.Errorf("%s: nothing of %s arrived, but %d other series", from, path, len(v))
		return
	}
	within := 1e-9
	if strings.HasSuffix(path, ".r50") {
		within = 0.01
	}
	if got := r(v[path]); math.Abs(got-want) > within*math.Abs(want) {
		t.Errorf("%s: %s is %v, want %v: its last values are %v", from, path, got, want, v[path][max(0, len(v[path])-5):])
	}
}

// marker is a counter that is sent last. The relay reports it each interval.
const marker = "marker:1|c"

// awaitIntervals waits until a server has the marker's path, and more lines of the
// path often.
func awaitIntervals(t *testing.T, sink *faultsink.Sink, path, often string) {
	t.Helper()
	at := -1
	servers.Eventually(t, "the marker", func() error {
		all := valuesOf(t, sink)
		switch n := len(all[often]); {
		case len(all[path]) == 0:
			return fmt.Errorf("%s has not arrived", path)
		case at < 0:
			at = n
			fallthrough
		case n < at+2:
			return fmt.Errorf("%d of 2 more lines of %s arrived", n-at, often)
		}
		return nil
	})
}

// startAggregator starts a relay that receives StatsD at addr and sends aggregates
// to a Graphite server each second. options are those of the listener.
func startAggregator(t *testing.T, options string) (addr string, sink *faultsink.Sink, r *relay) {
	t.Helper()
	addr, sink = servers.FreeAddr(t), faultsink.NewTCP(t)
	r = startRelay(t, buildRelay(t), []string{addr},
		"-listen", "statsd+udp://"+addr+options, "-forward", "graphite+tcp://"+sink.Addr(), "-aggregate", "1s")
	return addr, sink, r
}

// A meaning is that of a datagram: the number that each side must come to. The paths
// of the reference daemon are those without legacyNamespace.
type meaning struct {
	name, datagram string
	want           float64

	reference string // path
	ofThem    reading

	relay string // path
	ofUs  reading
}

func counter(name, datagram, key string, want float64) meaning {
	return meaning{name, datagram, want, "stats.counters." + key + ".count", sum, key + ".total", last}
}

func gauge(name, datagram, key string, want float64) meaning {
	return meaning{name, datagram, want, "stats.gauges." + key, last, key + ".value", last}
}

func timer(name, datagram, key, field, ours string, want float64) meaning {
	return meaning{name, datagram, want, "stats.timers." + key + "." + field, last, key + "." + ours, last}
}

func counts(name, datagram, key string, want float64) meaning {
	return meaning{name, datagram, want, "stats.timers." + key + ".count", sum, key + ".count", last}
}

// set is of the largest count of an interval: a datagram arrives in one.
func set(name, datagram, key string, want float64) meaning {
	return meaning{name, datagram, want, "stats.sets." + key + ".count", most, key + ".count", most}
}

// meanings are datagrams that the aggregate reads as the reference daemon, statsd
// 0.9.0, does (stats.js, lib/helpers.js).
var meanings = []meaning{
	counter("counter", "c1:1|c\nc1:2|c\nc1:0.25|c", "c1", 3.25),
	counter("rate of a counter", "c2:2|c|@0.5\nc2:3|c|@0.1", "c2", 34),
	counter("negative counter", "c3:5|c\nc3:-2|c", "c3", 3),
	counter("packed counter", "c4:1|c:2|c:4|c|@0.5", "c4", 11),
	counter("names that a blank makes equal", "a b:1|c\na_b:4|c", "a_b", 5),
	counter("several blanks", "a  \tc:1|c\na_c:4|c", "a_c", 5),
	counter("blank at the end", "w1:1|c ", "w1", 1),
	counter("blank before the value", "w2: 2|c", "w2", 2),
	counter("blank after the value", "w3:3 |c", "w3", 3),
	counter("tab at the end", "w4:4|c\t", "w4", 4),
	counter("carriage return", "w5:5|c\r\nw5:1|c\r\n", "w5", 6),
	counter("number with an exponent", "n1:1e3|c", "n1", 1000),
	counter("number with a sign", "n2:+3|c", "n2", 3),
	counter("type m", "y1:7|m", "y1", 7),
	counter("type kv", "y2:8|kv", "y2", 8),
	counter("bad reading between good ones", "b1:1|c:x|c:3|c", "b1", 4),
	counter("bad reading before a good one", "b2:|c:3|c", "b2", 3),
	counter("bad reading after a good one", "b3:3|c:1|c|@x", "b3", 3),
	counter("bad line among good ones", "b4:1|c\nbad\nb4:2|c", "b4", 3),

	gauge("gauge", "g1:3.5|g", "g1", 3.5),
	gauge("last gauge", "g2:3|g\ng2:4|g", "g2", 4),
	gauge("gauge that grows", "g3:3.5|g\ng3:+2|g", "g3", 5.5),
	gauge("gauge that falls", "g4:10|g\ng4:-3|g\ng4:-2.5|g", "g4", 4.5),
	gauge("change of a gauge without a value", "g5:-7|g", "g5", -7),
	gauge("blanks around a gauge", "g6: 6 |g ", "g6", 6),
	gauge("bad gauge", "g7:6|g\ng7:x|g", "g7", 6),

	counts("timers", "t1:10|ms\nt1:20|ms\nt1:40|ms", "t1", 3),
	counts("weighted timer", "t2:100|ms|@0.1", "t2", 10),
	counts("weighted timers", "t3:10|ms|@0.5\nt3:20|ms\nt3:30|ms|@0.25", "t3", 7),
	counts("bad timer", "t4:5|ms:x|ms", "t4", 1),
	timer("sum of timers", "t5:10|ms\nt5:20|ms", "t5", "sum", "sum", 30),
	timer("least timer", "t6:10|ms|@0.1\nt6:20|ms", "t6", "lower", "min", 10),
	timer("greatest timer", "t7:10|ms\nt7:20|ms|@0.1", "t7", "upper", "max", 20),
	timer("median", "t8:10|ms\nt8:20|ms\nt8:40|ms", "t8", "median", "r50", 20),

	set("set", "s1:a|s\ns1:b|s\ns1:a|s", "s1", 2),
	set("packed set", "s2:1|s:1|s:2|s", "s2", 2),
	set("large set", members("s3", 500), "s3", 500),
}

// badReadings is how many readings in meanings are none.
const badReadings = 6

// members returns a datagram with a set of n members.
func members(key string, n int) string {
	var b strings.Builder
	b.WriteString(key)
	for i := range n {
		fmt.Fprintf(&b, ":%d|s", i)
	}
	return b.String()
}

// TestAggregateIsThatOfTheReferenceDaemon sends the same datagrams to both.
func TestAggregateIsThatOfTheReferenceDaemon(t *testing.T) {
	theirSink := faultsink.NewTCP(t)
	daemon := servers.ReferenceStatsd(t, theirSink.Addr())
	addr, ourSink, r := startAggregator(t, "")
	for _, m := range append(meanings, meaning{datagram: marker}) {
		servers.Send(t, "udp", daemon, m.datagram)
		servers.Send(t, "udp", addr, m.datagram)
	}
	awaitIntervals(t, theirSink, "stats.counters.marker.count", "stats.statsd.numStats")
	awaitIntervals(t, ourSink, "marker.total", "marker.total")
	theirs, ours := valuesOf(t, theirSink), valuesOf(t, ourSink)
	for _, m := range meanings {
		t.Run(m.name, func(t *testing.T) {
			theirs.check(t, "the reference daemon", m.reference, m.ofThem, m.want)
			ours.check(t, "the relay", m.relay, m.ofUs, m.want)
		})
	}
	theirs.check(t, "the reference daemon", "stats.counters.statsd.bad_lines_seen.count", sum, badReadings)
	printed := r.stop(t)
	wantBalance(t, printed)
	for line := range strings.Lines(printed) {
		if n := numbers(line); strings.Contains(line, "from statsd+udp://") && n["rejected"]+n["bad_readings"] != badReadings {
			t.Errorf("the relay counts other bad readings than %d: %s", badReadings, line)
		}
	}
}

// TestAggregateIsThatOfStatsdExporter sends the same datagrams to both, which read
// tags in four forms and weight all samples by their rate (statsd_exporter 0.31,
// pkg/line).
func TestAggregateIsThatOfStatsdExporter(t *testing.T) {
	e := servers.StatsdExporter(t)
	addr, sink, r := startAggregator(t, "")
	tests := []struct {
		name, datagram string
		series         string
		relay          string
		unit           float64 // of the relay's number in the exporter's
		want           float64 // of the relay
	}{
		{"count of a weighted timer", "x1:100|ms|@0.1", "x1_count", "x1.count", 1, 10},
		{"sum of a weighted timer", "x2:100|ms|@0.5", "x2_sum", "x2.sum", 1000, 200},
		{"count of a weighted histogram", "x3:5|h|@0.5", "x3_count", "x3.count", 1, 2},
		{"sum of a weighted histogram", "x4:5|h|@0.5", "x4_sum", "x4.sum", 1, 10},
		{"count of a weighted distribution", "x5:5|d|@0.25", "x5_count", "x5.count", 1, 4},
		{"sum of a weighted distribution", "x6:5|d|@0.25", "x6_sum", "x6.sum", 1, 20},
		{"sum of several weights", "x7:5|d|@0.25\nx7:7|d", "x7_sum", "x7.sum", 1, 27},
		{"rate of a counter", "x8:2|c|@0.5", "x8", "x8.total", 1, 4},
		{"tags of DogStatsD", "d1:1|c|#env:prod", `d1{env="prod"}`, "d1.env.prod.total", 1, 1},
		{"tags of InfluxDB", "d2,env=prod:2|c", `d2{env="prod"}`, "d2.env.prod.total", 1, 2},
		{"tags of Librato", "d3#env=prod:3|c", `d3{env="prod"}`, "d3.env.prod.total", 1, 3},
		{"tags of SignalFx", "d4[env=prod]:4|c", `d4{env="prod"}`, "d4.env.prod.total", 1, 4},
		{"order of tags of DogStatsD", "d5:1|c|#a:1,b:2\nd5:4|c|#b:2,a:1", `d5{a="1",b="2"}`, "d5.a.1.b.2.total", 1, 5},
		{"order of tags of InfluxDB", "d6,b=2,a=1:1|c\nd6,a=1,b=2:4|c", `d6{a="1",b="2"}`, "d6.a.1.b.2.total", 1, 5},
		{"gauge with tags", "d7,room=x:7.5|g", `d7{room="x"}`, "d7.room.x.value", 1, 7.5},
		{"timer with tags", "d8[room=x]:5|ms|@0.5", `d8_count{room="x"}`, "d8.room.x.count", 1, 2},
		{"one of two tags", "d9:1|c|#env:prod\nd9:2|c|#zone:prod", `d9{zone="prod"}`, "d9.zone.prod.total", 1, 2},
		{"the other of two tags", "e1:1|c|#env:prod\ne1:2|c|#zone:prod", `e1{env="prod"}`, "e1.env.prod.total", 1, 1},
	}
	for _, tt := range tests {
		servers.Send(t, "udp", e.Addr, tt.datagram)
		servers.Send(t, "udp", addr, tt.datagram)
	}
	servers.Send(t, "udp", addr, marker)
	awaitIntervals(t, sink, "marker.total", "marker.total")
	ours := valuesOf(t, sink)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			servers.EventuallyValue(t, "statsd_exporter", tt.want/tt.unit, func() (float64, error) { return e.Value(tt.series) })
			ours.check(t, "the relay", tt.relay, last, tt.want)
		})
	}
	wantBalance(t, r.stop(t))
}
