package relay

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
)

func TestForwardsAreAnnounced(t *testing.T) {
	r, err := New(Config{
		Listen:  []string{"graphite+udp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://carbon:2003", "influx+http://u:geheim@h:8086/write?db=x", "statsd+udp://h:8125"},
		Spool:   t.TempDir(), Queue: 32 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.closeUnused()
	var out strings.Builder
	r.PrintForwards(&out)
	if want := `forwarding graphite to tcp://carbon:2003 (queue 32 MiB, spool 1 GiB)
forwarding influx to http://xxxxx:xxxxx@h:8086/write?db=x (queue 32 MiB, spool 1 GiB)
forwarding statsd to udp://h:8125 (queue 32 MiB)
`; out.String() != want {
		t.Errorf("printed\n%s, want\n%s", out.String(), want)
	}
}

// Names below .invalid never resolve (RFC 6761).
func TestDestinationsThatCannotBeReachedAreLoggedAtStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open, closed := l.Addr().String(), freeAddr(t)
	var log strings.Builder
	r, err := New(Config{
		Listen: []string{"graphite+udp://127.0.0.1:0"},
		Forward: []string{
			"graphite+tcp://" + closed, "influx+http://" + closed + "/write?db=x", "statsd+udp://nosuch.invalid:1", "graphite+unix:///none/s",
			"graphite+tcp://" + open, "statsd+udp://" + closed, // nothing can be seen of udp
		},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.closeUnused()
	r.CheckForwards(t.Context())
	got := log.String()
	for _, want := range []string{
		"destination=graphite+tcp://" + closed + " err=", "destination=\"influx+http://" + closed, "destination=statsd+udp://nosuch.invalid:1 err=", "destination=graphite+unix:///none/s err=",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the log lacks %q:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "a destination cannot be reached now; its lines wait"); n != 4 {
		t.Errorf("logged %d records, want 4:\n%s", n, got)
	}
	log.Reset()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if r.CheckForwards(ended); log.Len() > 0 {
		t.Errorf("logged after the end of the context: %s", &log)
	}
}

func TestURLOfThePagesCanBeOpened(t *testing.T) {
	for address, want := range map[string]struct {
		host string
		open bool
	}{
		"127.0.0.1:0": {"http://127.0.0.1:", false}, ":0": {"http://127.0.0.1:", false}, "0.0.0.0:0": {"http://127.0.0.1:", true}, "[::]:0": {"http://127.0.0.1:", true},
	} {
		r, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://h:1"}, HTTP: address})
		if err != nil {
			t.Fatal(err)
		}
		if url := r.AdminURL(); !strings.HasPrefix(url, want.host) || !strings.HasSuffix(url, "/") || r.AdminIsOpen() != want.open {
			t.Errorf("-http %s: the URL is %s, and open is %v", address, url, r.AdminIsOpen())
		}
		r.closeUnused()
	}
}
