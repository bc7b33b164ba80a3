package relay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/faultsink"
	"monkit.example/reporters/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// text returns the whole lines that a sink has received.
func text(s *faultsink.Sink) string {
	lines := s.Lines()
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// running is a Relay that runs.
type running struct {
	*Relay
	end  context.CancelFunc
	done chan error
}

func start(t *testing.T, cfg Config) *running {
	t.Helper()
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	run := &running{r, cancel, make(chan error, 1)}
	go func() { run.done <- r.Run(ctx) }()
	t.Cleanup(cancel)
	return run
}

// stop ends the relay as SIGTERM does, and checks that its ledger balances.
func (r *running) stop(t *testing.T) Ledger {
	t.Helper()
	r.end()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	l := r.Ledger()
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	return l
}

func dial(t *testing.T, addr net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// refusingAddr returns an address that refuses connections until the end of the
// test. It belongs to a client's socket, so that no other program can bind it.
func refusingAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return dial(t, l.Addr()).LocalAddr().String()
}

// takenAddr returns an address that another socket is bound to until the end of the
// test.
func takenAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// freeAddr returns an address that no socket is bound to.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// waitFor polls until cond returns true. It waits in real time, because the
// relay under test uses real sockets.
func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen", what)
		}
	}
}

func TestLinesOfTheSameFormatAreForwardedUnchanged(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			s := faultsink.NewTCP(t)
			r := start(t, Config{Listen: []string{"graphite+" + transport + "://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
			conn := dial(t, r.Addrs()[0])
			want := "a.b.c 1.50 1700000000\nx;k=v 2 1700000001\n"
			write(t, conn, want)
			waitFor(t, "delivery", func() bool { return text(s) == want })
			l := r.stop(t)
			if d := l.Destinations[0]; d.Delivered != 2 {
				t.Errorf("delivered %d", d.Delivered)
			}
		})
	}
}

func TestRejectedLineCostsNoOtherLine(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
	write(t, dial(t, r.Addrs()[0]), "a 1 1700000000\nnonsense\nb 2 1700000000") // without a line feed at the end
	waitFor(t, "delivery", func() bool { return text(s) == "a 1 1700000000\nb 2 1700000000\n" })
	l := r.stop(t)
	if in := l.Received(); in.Received != 3 || in.Accepted != 2 {
		t.Errorf("listener ledger is %v", in)
	}
	if groups := r.Rejected(); len(groups) != 1 || groups[0].Example.Text != "nonsense" || groups[0].Example.Err == "" || groups[0].Sender != "127.0.0.1" {
		t.Errorf("rejected lines are %+v", groups)
	}
}

func TestLinesAreConvertedBetweenFormats(t *testing.T) {
	g, i := faultsink.NewTCP(t), faultsink.NewTCP(t)
	r := start(t, Config{
		Listen:  []string{"graphite+udp://127.0.0.1:0", "influx+udp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://" + g.Addr(), "influx+tcp://" + i.Addr()},
	})
	write(t, dial(t, r.Addrs()[0]), "cpu.load.value 1.5 1700000000\n")
	write(t, dial(t, r.Addrs()[1]), "mem,host=h used=3,free=4 1700000000000000000\n")
	waitFor(t, "delivery", func() bool {
		return strings.Count(text(g), "\n") == 3 && strings.Count(text(i), "\n") == 2
	})
	for _, want := range []string{"cpu.load.value 1.5 1700000000\n", "mem.host.h.used 3 1700000000\n", "mem.host.h.free 4 1700000000\n"} {
		if !strings.Contains(text(g), want) {
			t.Errorf("graphite received %q, without %q", text(g), want)
		}
	}
	for _, want := range []string{"cpu.load value=1.5 1700000000000000000\n", "mem,host=h used=3,free=4 1700000000000000000\n"} {
		if !strings.Contains(text(i), want) {
			t.Errorf("influx received %q, without %q", text(i), want)
		}
	}
	r.stop(t)
}

func TestDeadDestinationCostsTheOtherNothing(t *testing.T) {
	addr := refusingAddr(t)
	s := faultsink.NewTCP(t)
	r := start(t, Config{
		Listen:  []string{"graphite+tcp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://" + addr, "graphite+tcp://" + s.Addr()},
		Drain:   50 * time.Millisecond,
	})
	conn := dial(t, r.Addrs()[0])
	for n := range 1000 {
		write(t, conn, fmt.Sprintf("a.b %d 1700000000\n", n))
	}
	waitFor(t, "delivery", func() bool { return strings.Count(text(s), "\n") == 1000 })
	l := r.stop(t)
	if d := l.Destinations[0]; d.Delivered != 0 || d.Dropped.Sum() != 1000 || d.Pending != 0 {
		t.Errorf("the ledger of the dead destination is %v", d.Ledger)
	}
	if d := l.Destinations[1]; d.Delivered != 1000 {
		t.Errorf("the ledger of the other destination is %v", d.Ledger)
	}
}

func TestStreamCutAnywhereLosesNoLine(t *testing.T) {
	whole := "a.b 1 1700000000\r\n\nbad\nc.d 2 1700000001\n"
	for i := 1; i < len(whole); i++ {
		s := faultsink.NewTCP(t)
		r := start(t, Config{Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
		conn := dial(t, r.Addrs()[0])
		write(t, conn, whole[:i])
		time.Sleep(time.Millisecond) // makes two reads of it, mostly
		write(t, conn, whole[i:])
		waitFor(t, "delivery", func() bool { return strings.Count(text(s), "\n") == 2 })
		if in := r.stop(t).Received(); in.Received != 3 || in.Accepted != 2 {
			t.Errorf("cut at %d: listener ledger is %v", i, in)
		}
	}
}

func TestTooLongLineIsRejectedAndTheStreamGoesOn(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
	conn := dial(t, r.Addrs()[0])
	write(t, conn, "a 1 1700000000\n"+strings.Repeat("x", 300<<10)+" 1 1700000000\nb 2 1700000000\n")
	waitFor(t, "delivery", func() bool { return text(s) == "a 1 1700000000\nb 2 1700000000\n" })
	if in := r.stop(t).Received(); in.Received != 3 || in.Rejected[ledger.TooLong] != 1 {
		t.Errorf("listener ledger is %v", in)
	}
}

// stop checks the ledger.
func TestLedgerBalancesAfterGarbage(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{
		Listen:  []string{"graphite+udp://127.0.0.1:0", "influx+udp://127.0.0.1:0", "statsd+udp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://" + s.Addr()},
	})
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, addr := range r.Addrs() {
		conn := dial(t, addr)
		for range 200 {
			p := make([]byte, 1+rnd.IntN(200))
			for i := range p {
				p[i] = " \n\r:|,;=.abc0123\x00\xff\"\\"[rnd.IntN(20)]
			}
			write(t, conn, string(p))
		}
	}
	write(t, dial(t, r.Addrs()[0]), "the.last 1 1700000000\n")
	waitFor(t, "delivery", func() bool { return strings.Contains(text(s), "the.last 1 1700000000\n") })
	r.stop(t)
}

func TestConfigErrorsSayWhatToWrite(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"no listener", Config{Forward: []string{"graphite+tcp://h:1"}}, "-listen"},
		{"no forward", Config{Listen: []string{"graphite+udp://127.0.0.1:0"}}, "-forward"},
		{"no format", Config{Listen: []string{"udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://h:1"}}, "graphite"},
		{"unknown format", Config{Listen: []string{"carbon+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://h:1"}}, "graphite"},
		{"listener over http", Config{Listen: []string{"influx+http://127.0.0.1:0"}, Forward: []string{"graphite+tcp://h:1"}}, `transport "http" is not possible here; write udp, tcp, tls, unix or unixgram`},
		{"mode of a socket that is no file", Config{Listen: []string{"graphite+udp://127.0.0.1:0?mode=0660"}, Forward: []string{"graphite+tcp://h:1"}}, "write rcvbuf"},
		{"buffer size that is no number", Config{Listen: []string{"statsd+udp://127.0.0.1:0?rcvbuf=big"}, Forward: []string{"statsd+udp://h:1"}}, "rcvbuf=16MiB"},
		{"option of a listener, with an error of a forward", Config{Listen: []string{"statsd+udp://127.0.0.1:0?rcvbuf=big"}, Forward: []string{"h:1"}}, "rcvbuf=16MiB"},
		{"idle time of another unit", Config{Listen: []string{"influx+tcp://127.0.0.1:0?idle=5x"}, Forward: []string{"influx+tcp://h:1"}}, "idle=10m"},
		{"listener option in a forward", Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://h:1?idle=5s"}}, "idle"},
		{"no port to listen on", Config{Listen: []string{"statsd+udp://127.0.0.1"}, Forward: []string{"statsd+udp://h:1"}}, `listen: address "statsd+udp://127.0.0.1": no port; write`},
		{"no port to forward to", Config{Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: []string{"statsd+udp://h"}}, `forward: address "statsd+udp://h": no port; write`},
		{"http to a server that has none", Config{Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: []string{"statsd+http://h:1"}}, `transport "http" is not possible here; write udp, tcp`},
		{"no database", Config{Listen: []string{"influx+udp://127.0.0.1:0"}, Forward: []string{"influx+http://h:1/write"}}, "db="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := New(tt.cfg)
			if r != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New() = %v, %v", r, err)
			}
		})
	}
}

// A relay that fails to bind one address closes those that it has bound.
func TestRelayThatDoesNotStartClosesWhatItBound(t *testing.T) {
	taken, bound := takenAddr(t), freeAddr(t)
	for _, tt := range []struct {
		name string
		cfg  Config
	}{
		{"the listener before it", Config{Listen: []string{"graphite+tcp://" + bound, "graphite+tcp://" + taken}}},
		{"the pages", Config{Listen: []string{"graphite+tcp://" + taken}, HTTP: bound}},
		{"the listener, if the pages fail", Config{Listen: []string{"graphite+tcp://" + bound}, HTTP: taken}},
	} {
		tt.cfg.Forward = []string{"graphite+tcp://h:1"}
		if _, err := New(tt.cfg); err == nil || !strings.Contains(err.Error(), taken) {
			t.Errorf("%s: New() = %v, want an error of %s", tt.name, err, taken)
		}
		l, err := net.Listen("tcp", bound)
		if err != nil {
			t.Fatalf("%s: the port is still bound", tt.name)
		}
		l.Close()
	}
}
