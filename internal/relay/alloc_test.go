package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"monkit.example/internal/listen"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/influx"
)

// discard is a Sender that accepts every payload.
type discard struct{}

func (discard) Send(context.Context, []byte, int) error { return nil }
func (discard) Flush(context.Context) error             { return nil }
func (discard) Close(context.Context) error             { return nil }

// receiverTo returns a receiver of Graphite lines with one destination, which
// discards lines of format.
func receiverTo(t testing.TB, format string) *receiver {
	t.Helper()
	codecs := map[string]reporters.Codec{
		graphite.Format: graphite.NewCodec(graphite.Options{}), influx.Format: influx.NewCodec(influx.Options{}),
	}
	p := reporters.NewPusher(codecs[format], discard{}, reporters.PusherOptions{MaxPayload: 64 << 10, Format: format})
	r, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"sink", p}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.closeUnused)
	return r.receivers[0]
}

// lines returns a line for each of 1000 series.
func lines() []byte {
	var text strings.Builder
	for n := range 1000 {
		fmt.Fprintf(&text, "servers.web%02d.requests.status%03d.count %d.5 1700000000\n", n%20, n, n)
	}
	return []byte(text.String())
}

// datagrams returns the lines in texts of about 1400 bytes.
func datagrams() (texts []listen.Text) {
	for all := lines(); len(all) > 0; {
		n := cut(all, 1400)
		texts = append(texts, listen.Text{Lines: all[:n]})
		all = all[n:]
	}
	return texts
}

func TestReceiverAllocatesNothing(t *testing.T) {
	for _, format := range []string{graphite.Format, influx.Format} {
		rec, texts := receiverTo(t, format), datagrams()
		pass := func() { rec.process(t.Context(), texts, false) }
		pass()
		if n := testing.AllocsPerRun(20, pass); n != 0 {
			t.Errorf("graphite to %s: %v allocations for 1000 lines", format, n)
		}
	}
}

func BenchmarkPass(b *testing.B) {
	for _, format := range []string{graphite.Format, influx.Format} {
		b.Run("graphite to "+format, func(b *testing.B) {
			rec, texts := receiverTo(b, format), datagrams()
			size := 0
			for _, text := range texts {
				size += len(text.Lines)
			}
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				rec.process(b.Context(), texts, false)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/line")
		})
	}
}
