package relay

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/reporters/ledger"
)

// forwarded returns the lines, without their times, that a destination has received
// when the relay has ended.
func forwarded(t *testing.T, listen, forward string, datagrams ...string) (lines []string, l Ledger) {
	t.Helper()
	s := faultsink.NewTCP(t)
	address, option, _ := strings.Cut(forward, "?")
	if option != "" {
		option = "?" + option
	}
	r := start(t, Config{Listen: []string{listen}, Forward: []string{address + "+tcp://" + s.Addr() + option}, Aggregate: time.Hour})
	conn, total := dial(t, r.Addrs()[0]), int64(0)
	for _, text := range datagrams {
		write(t, conn, text)
		total += int64(strings.Count(text, "\n"))
	}
	waitFor(t, "decoding", func() bool { return r.Ledger().Received().Accepted == total })
	l = r.stop(t)
	for line := range strings.Lines(text(s)) {
		line = line[:strings.LastIndexByte(line, ' ')]
		lines = append(lines, line)
	}
	return lines, l
}

// Lines whose tags differ are two series, in whatever order their tags are
// (statsd 0.9.0, stats.js; docs.datadoghq.com/developers/dogstatsd/datagram_shell).
func TestTagsKeepAggregatedSeriesApart(t *testing.T) {
	for _, tt := range []struct{ name, in, path, tagged, influx string }{
		{"values", "page:1|c|#a:blue\npage:2|c|#a:red\n", "page.a.blue.total 1 page.a.red.total 2", "page.total;a=blue 1 page.total;a=red 2", "page,a=blue total=1 page,a=red total=2"},
		{"no values", "page:1|c|#blue\npage:2|c|#red\n", "page.blue.true.total 1 page.red.true.total 2", "page.total;blue=true 1 page.total;red=true 2", "page,blue=true total=1 page,red=true total=2"},
		{"keys", "req:1|c|#env:prod\nreq:2|c|#zone:prod\n", "req.env.prod.total 1 req.zone.prod.total 2", "req.total;env=prod 1 req.total;zone=prod 2", "req,env=prod total=1 req,zone=prod total=2"},
		{"order", "m:1|c|#a:1,b:2\nm:2|c|#b:2,a:1\n", "m.a.1.b.2.total 3", "m.total;a=1;b=2 3", "m,a=1,b=2 total=3"},
		{"gauges", "g:1|g|#a:1\ng:2|g|#b:1\n", "g.a.1.value 1 g.b.1.value 2", "g.value;a=1 1 g.value;b=1 2", "g,a=1 value=1 g,b=1 value=2"},
		{"keys of the library's own tags", "m:1|c|#name:x\nm:2|c|#kind:x\n", "m.kind.x.total 2 m.name.x.total 1", "m.total;func=x 1 m.total;kind=x 2", "m,kind=x total=2 m,name=x total=1"},
		{"a foreign scope", "m:1|c|#scope:x\nm:2|c|#a:x\n", "m.a.x.total 2 x.m.total 1", "m.total;a=x 2 m.total;scope=x 1", "m,a=x total=2 m,scope=x total=1"},
		{"series of the library", "function.errors:1|c|#scope:app,name:Do\n", "app.function.errors.Do.total 1", "function.errors.total;func=Do;scope=app 1", "function.errors,name=Do,scope=app total=1"},
	} {
		for format, want := range map[string]string{"graphite": tt.path, "graphite?tagged=true": tt.tagged, "influx": tt.influx} {
			t.Run(tt.name+"/"+format, func(t *testing.T) {
				got, l := forwarded(t, "statsd+udp://127.0.0.1:0", format, tt.in)
				slices.Sort(got)
				if strings.Join(got, " ") != want {
					t.Errorf("received %q, want %q", got, want)
				}
				if d := l.Destinations[0]; d.Delivered != int64(len(got)) || d.Dropped.Sum() != 0 {
					t.Errorf("the ledger is %v", l)
				}
			})
		}
	}
}

// Names that a destination has as one are one counter there, as they are in the
// reference daemon (statsd 0.9.0, stats.js, keyNameSanitize); gauges cannot be.
func TestAggregatedNamesThatBecomeOneAreAddedUp(t *testing.T) {
	for _, tt := range []struct {
		name, in, forward, want string
		dropped                 int64
	}{
		{"names", "a b:1|c\na_b:4|c\n", "graphite", "a_b.total 5", 0},
		{"names, with tags", "a b:1|c|#k:v\na_b:4|c|#k:v\n", "graphite?tagged=true", "a_b.total;k=v 5", 0},
		{"a tag without a value", "page:1|c|#blue\npage:4|c|#blue:true\n", "graphite", "page.blue.true.total 5", 0},
		{"the same to Influx", "page:1|c|#blue\npage:4|c|#blue:true\n", "influx", "page,blue=true total=5", 0},
		{"a tag and a part of the name", "req:1|c|#env:prod\nreq.env.prod:4|c\n", "graphite", "req.env.prod.total 5", 0},
		{"dots of a value", "m:1|c|#v:1.2\nm:4|c|#v:1_2\n", "graphite", "m.v.1_2.total 5", 0},
		{"three", "a b:1|c\na_b:4|c\na%b:8|c\na%b:8|c\n", "graphite?tagged=true", "a_b.total 5 ab.total 16", 0},
		{"gauges", "page:1|g|#blue\npage:4|g|#blue:true\n", "graphite", "page.blue.true.value 1", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines, l := forwarded(t, "statsd+udp://127.0.0.1:0", tt.forward, tt.in)
			last := map[string]string{} // servers keep the last value of a time
			for _, line := range lines {
				i := strings.LastIndexAny(line, " =")
				if tt.forward != "influx" {
					i = strings.LastIndexByte(line, ' ')
				}
				last[line[:i+1]] = line[i+1:]
			}
			var got []string
			for name, value := range last {
				got = append(got, name+value)
			}
			slices.Sort(got)
			if strings.Join(got, " ") != tt.want {
				t.Errorf("received %q, want %q", got, tt.want)
			}
			if d := l.Destinations[0]; d.Dropped[ledger.NameCollision] != tt.dropped || d.Dropped.Sum() != tt.dropped {
				t.Errorf("the ledger is %v", l)
			}
		})
	}
}

func TestForwardMayBeTagged(t *testing.T) {
	for in, want := range map[string]string{
		"mem,host=h,zone=eu used=3 1700000000000000000\n": "mem.used;host=h;zone=eu 3",
		"mem used=3 1700000000000000000\n":                "mem.used 3",
	} {
		if got, _ := forwarded(t, "influx+udp://127.0.0.1:0", "graphite?tagged=true", in); len(got) != 1 || got[0] != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	_, err := New(Config{Listen: []string{"influx+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://127.0.0.1:1?tagged=yes"}})
	if err == nil || !strings.Contains(err.Error(), "write tagged=true or tagged=false") {
		t.Errorf("the error of tagged=yes is %v", err)
	}
}

// What a field counts is not in a line of another program: of Telegraf's plugin mem,
// total is the size of the memory. Only lines of this library have counters, or those
// of a listener that says so.
func TestForeignTotalsAreLevels(t *testing.T) {
	graphite := func(path string, values ...int) (lines []string) {
		for i, v := range values {
			lines = append(lines, fmt.Sprintf("%s %d %d\n", path, v, 1_700_000_000+i))
		}
		return lines
	}
	influx := func(series, field string, values ...int) (lines []string) {
		for i, v := range values {
			lines = append(lines, fmt.Sprintf("%s %s=%di %d000000000\n", series, field, v, 1_700_000_000+i))
		}
		return lines
	}
	levels := []int{100, 100, 90, 95}
	for _, tt := range []struct {
		name, listen string
		lines        []string
		want         string
	}{
		{"Influx, total", "influx+udp://127.0.0.1:0", influx("mem,host=h", "total", levels...), "mem.host.h.total:100|g mem.host.h.total:100|g mem.host.h.total:90|g mem.host.h.total:95|g"},
		{"Influx, count", "influx+tcp://127.0.0.1:0", influx("procs", "count", 7, 5), "procs.count:7|g procs.count:5|g"},
		{"Influx, errors", "influx+udp://127.0.0.1:0", influx("q", "errors", 1, 2), "q.errors:1|g q.errors:2|g"},
		{"Graphite, total", "graphite+udp://127.0.0.1:0", graphite("mem.total", levels...), "mem.total:100|g mem.total:100|g mem.total:90|g mem.total:95|g"},
		{"Graphite, a tag", "graphite+tcp://127.0.0.1:0", graphite("mem.failures;host=h", 2, 1), "mem.host.h.failures:2|g mem.host.h.failures:1|g"},
		{"Influx, a series of this library", "influx+udp://127.0.0.1:0", influx("hits,scope=app", "total", 100, 100, 103), "app.hits.total:3|c"},
		{"Graphite, a series of this library", "graphite+udp://127.0.0.1:0", graphite("hits.total;scope=app", 100, 100, 103), "app.hits.total:3|c"},
		{"Influx, by option", "influx+udp://127.0.0.1:0?totals=true", influx("hits", "total", 100, 100, 103), "hits.total:3|c"},
		{"Graphite, by option", "graphite+udp://127.0.0.1:0?totals=true", graphite("app.hits.total", 100, 100, 103), "app.hits.total:3|c"},
		{"other fields, by option", "graphite+udp://127.0.0.1:0?totals=true", graphite("app.hits.value", 100, 90), "app.hits.value:100|g app.hits.value:90|g"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			r := start(t, Config{Listen: []string{tt.listen}, Forward: []string{"statsd+udp://" + s.LocalAddr().String()}})
			conn := dial(t, r.Addrs()[0])
			for i, line := range tt.lines {
				write(t, conn, line)
				waitFor(t, "decoding", func() bool { return r.Ledger().Received().Accepted == int64(i+1) })
			}
			if l := r.stop(t); l.Destinations[0].Delivered != int64(len(tt.lines)) {
				t.Errorf("the ledger is %v", l)
			}
			var got []string
			buf := make([]byte, 2000)
			for len(got) < strings.Count(tt.want, " ")+1 {
				s.SetReadDeadline(time.Now().Add(10 * time.Second))
				n, _, err := s.ReadFrom(buf)
				if err != nil {
					t.Fatalf("received %q: %v", got, err)
				}
				got = append(got, strings.Fields(string(buf[:n]))...)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("received %q, want %q", got, tt.want)
			}
		})
	}
	_, err := New(Config{Listen: []string{"pickle+tcp://127.0.0.1:0?totals=1"}, Forward: []string{"statsd+udp://127.0.0.1:1"}})
	if err == nil || !strings.Contains(err.Error(), "write totals=true or totals=false") {
		t.Errorf("the error of totals=1 is %v", err)
	}
}
