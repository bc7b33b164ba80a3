package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
)

// taken is a Sender that has sent what it is given.
type taken struct{}

func (taken) Send(context.Context, []byte, int) error { return nil }
func (taken) Flush(context.Context) error             { return nil }
func (taken) Close(context.Context) error             { return nil }

// way is an intake of Graphite lines before one destination.
func way(t testing.TB, format string) *receiver {
	t.Helper()
	codecs := map[string]reporters.Codec{
		graphite.Format: graphite.NewCodec(graphite.Options{}), influx.Format: influx.NewCodec(influx.Options{}),
	}
	p := reporters.NewPusher(codecs[format], taken{}, reporters.PusherOptions{MaxPayload: 64 << 10, Format: format})
	r, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"sink", p}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.closeUnused)
	return r.receivers[0]
}

// lines is what a second of 1000 series looks like.
func lines() []byte {
	var text strings.Builder
	for n := range 1000 {
		fmt.Fprintf(&text, "servers.web%02d.requests.status%03d.count %d.5 1700000000\n", n%20, n, n)
	}
	return []byte(text.String())
}

func TestALineAllocatesNothing(t *testing.T) {
	for _, format := range []string{graphite.Format, influx.Format} {
		in, text := way(t, format), lines()
		pass := func() { in.process(t.Context(), text) }
		pass()
		if n := testing.AllocsPerRun(20, pass); n != 0 {
			t.Errorf("graphite to %s: %v allocations for 1000 lines", format, n)
		}
	}
}

func BenchmarkPass(b *testing.B) {
	for _, format := range []string{graphite.Format, influx.Format} {
		b.Run("graphite to "+format, func(b *testing.B) {
			in, text := way(b, format), lines()
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				in.process(b.Context(), text)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/line")
		})
	}
}
