package relay

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"monkit.example/internal/endpoint"
)

// onNetwork returns the neighbours of a machine with the addresses 192.0.2.7/24 and
// 2001:db8::7, which knows the names home, both and elsewhere.
func onNetwork(ctx context.Context) *neighbours {
	n := newNeighbours(ctx)
	home, away := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("192.0.2.8")
	n.local = []netip.Addr{home, broadcastOf(netip.MustParsePrefix("192.0.2.7/24")), netip.MustParseAddr("2001:db8::7")}
	names := map[string][]netip.Addr{
		"home": {netip.MustParseAddr("::ffff:192.0.2.7")}, "both": {away, home}, "elsewhere": {away},
		"zoned": {netip.MustParseAddr("2001:db8::7").WithZone("eth0")},
	}
	n.lookup = func(_ context.Context, host string) ([]netip.Addr, error) {
		if all, ok := names[host]; ok {
			return all, nil
		}
		return nil, errors.New("no such host")
	}
	return n
}

func TestListenersReceiveWhatIsSentToTheirAddress(t *testing.T) {
	n := onNetwork(t.Context())
	for _, tt := range []struct {
		listen, forward string
		want            bool
	}{
		{"graphite+tcp://127.0.0.1:2003", "graphite+tcp://127.0.0.1:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://127.0.0.1:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://localhost:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://LOCALHOST.:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://[::1]:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://127.0.0.2:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://0.0.0.0:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://[::]:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://192.0.2.7:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://[::ffff:192.0.2.7]:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://[2001:db8::7%eth0]:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://home:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://both:2003", true},
		{"graphite+tcp://:2003", "graphite+tcp://zoned:2003", true},
		{"graphite+tcp://0.0.0.0:2003", "graphite+tcp://127.0.0.1:2003", true},
		{"graphite+tcp://[::]:2003", "graphite+tcp://127.0.0.1:2003", true},
		{"graphite+tcp://localhost:2003", "graphite+tcp://127.0.0.1:2003", true},
		{"graphite+tcp://127.0.0.1:2003", "graphite+tcp://0.0.0.0:2003", true},
		{"graphite+tcp://home:2003", "graphite+tcp://192.0.2.7:2003", true},
		{"graphite+udp://:2003", "graphite+udp://192.0.2.255:2003", true}, // a broadcast
		{"graphite+udp://:8125", "graphite+udp://127.0.0.1:8125", true},
		{"graphite+tcp://:2003", "influx+tcp://127.0.0.1:2003", true}, // all its lines would be rejected
		{"graphite+tcp://:8086", "influx+http://127.0.0.1:8086/write?db=x", true},
		{"graphite+tls://:2003", "graphite+tcp://127.0.0.1:2003", true},
		{"graphite+tcp://:80", "influx+http://localhost/write?db=x", true},

		{"graphite+tcp://:2003", "graphite+udp://127.0.0.1:2003", false},
		{"graphite+udp://:2003", "graphite+tcp://127.0.0.1:2003", false},
		{"graphite+tcp://:2003", "graphite+tcp://127.0.0.1:2004", false},
		{"graphite+tcp://:2003", "graphite+tcp://192.0.2.8:2003", false},
		{"graphite+tcp://:2003", "graphite+tcp://elsewhere:2003", false},
		{"graphite+tcp://:2003", "graphite+tcp://unknown:2003", false},
		{"graphite+tcp://127.0.0.1:2003", "graphite+tcp://127.0.0.2:2003", false},
		{"graphite+tcp://127.0.0.1:2003", "graphite+tcp://192.0.2.7:2003", false},
		{"graphite+tcp://192.0.2.7:2003", "graphite+tcp://127.0.0.1:2003", false},
		{"graphite+tcp://127.0.0.1:0", "graphite+tcp://127.0.0.1:2003", false},
		{"graphite+unix:///run/s", "graphite+tcp://127.0.0.1:2003", false},
		{"graphite+unix:///run/s", "graphite+unix:///run/s", true},
		{"graphite+unix:///run/s", "graphite+unix:///run/../run/./s", true},
		{"graphite+unix:///run/s", "graphite+unixgram:///run/s", true}, // no line would arrive
		{"graphite+unix:///run/s", "graphite+unix:///run/t", false},
		{"graphite+unix://@s", "graphite+unix://@s", true},
		{"graphite+unix://@s", "graphite+unix://./@s", false},
	} {
		listener, err := endpoint.Parse(tt.listen, endpoint.Default{ServerSide: true})
		if err != nil {
			t.Fatal(err)
		}
		to, err := parseForward(tt.forward)
		if err != nil {
			t.Fatal(err)
		}
		if got := n.receives(listener, to); got != tt.want {
			t.Errorf("%s receives what is sent to %s: %v, want %v", tt.listen, tt.forward, got, tt.want)
		}
	}
}

func TestPathsOfSocketsAreComparedWithoutLinks(t *testing.T) {
	dir := t.TempDir()
	for link, target := range map[string]string{"to": filepath.Join(dir, "s"), "relative": "s", "twice": "to", "folder": ".", "round": "round"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	want := realPath(filepath.Join(dir, "s"))
	for name, same := range map[string]bool{"s": true, "to": true, "relative": true, "twice": true, "folder/s": true, "folder/twice": true, "other": false, "round": false, "none/s": false} {
		if got := realPath(dir + "/" + name); (got == want) != same {
			t.Errorf("%s is %s", name, got)
		}
	}
}

// A name server that does not respond delays the start for a bounded time, and is
// no error.
func TestNamesThatDoNotResolveDelayTheStartOnlySoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), lookupTime)
		defer cancel()
		n := newNeighbours(ctx)
		lookups := 0
		n.lookup = func(ctx context.Context, _ string) ([]netip.Addr, error) {
			lookups++
			<-ctx.Done()
			return nil, ctx.Err()
		}
		listener := endpoint.Endpoint{Transport: endpoint.TCP, Address: ":1"}
		for range 3 {
			if n.receives(listener, endpoint.Endpoint{Transport: endpoint.TCP, Address: "slow:1"}) || n.receives(listener, endpoint.Endpoint{Transport: endpoint.TCP, Address: "slower:1"}) {
				t.Error("a name that does not resolve is this machine")
			}
		}
		if n.receives(listener, endpoint.Endpoint{Transport: endpoint.TCP, Address: "other:2"}) || lookups != 2 {
			t.Errorf("%d lookups, want one for each name whose port is that of a listener", lookups)
		}
	})
}

func TestRelayDoesNotForwardToItself(t *testing.T) {
	addr := freeAddr(t)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"its listener", Config{Listen: []string{"graphite+tcp://:" + port}, Forward: []string{"graphite+tcp://h:1", "graphite+tcp://" + addr}}, "this relay itself receives there, by -listen graphite+tcp://:" + port},
		{"its pages", Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"influx+http://localhost:" + port + "/write?db=x"}, HTTP: ":" + port}, "the pages of this relay are there, by -http 127.0.0.1:" + port},
	} {
		r, err := New(tt.cfg)
		if r != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: New() = %v, %v, want %q", tt.name, r, err, tt.want)
		}
	}
}

func TestListenersThatNeedOneSocketAreNamed(t *testing.T) {
	addr := freeAddr(t)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"the same twice", Config{Listen: []string{"graphite+tcp://" + addr, "graphite+tcp://" + addr}}, `listen: address "graphite+tcp://` + addr + `" stands there twice; leave one of the two out`},
		{"another format", Config{Listen: []string{"graphite+udp://" + addr, "statsd+udp://" + addr}}, `-listen graphite+udp://` + addr + ` uses it already`},
		{"another spelling", Config{Listen: []string{"graphite+tcp://127.0.0.1:0", "graphite+tcp://" + addr, "graphite+tcp://localhost:" + port}}, `-listen graphite+tcp://` + addr + ` uses it already`},
		{"the pages", Config{Listen: []string{"graphite+tcp://" + addr}, HTTP: addr}, "the pages use it, by -http " + addr},
	} {
		tt.cfg.Forward = []string{"graphite+tcp://h:1"}
		r, err := New(tt.cfg)
		if r != nil || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "another program") {
			t.Errorf("%s: New() = %v, %v, want %q", tt.name, r, err, tt.want)
		}
	}
}
