package encode

import (
	"testing"

	"go.uber.org/goleak"

	"monkit.example/bench/turns"
	"monkit.example/reporters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// work encodes a batch of points with each call of run.
type work struct {
	run  func()
	text []byte // the last batch, if the work does not discard it
	keep bool   // has a work keep the text that discards it otherwise

	lost  func() error // returns an error if lines were not written; may be nil
	close func() error // may be nil
}

func (w *work) end(t testing.TB) {
	if w.lost != nil {
		if err := w.lost(); err != nil {
			t.Error(err)
		}
	}
	if w.close != nil {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}
}

// comparison is of one encoder with a peer. Limits are of the ratio of their
// times, for known and for new series.
type comparison struct {
	name         string
	known, fresh float64
	ours, theirs func(fresh bool) *work
	meaning      func(t *testing.T, text []byte) []string
}

// comparisons returns all comparisons. A new series may cost more than with a peer:
// its text is made to be kept, where the peer writes it each time.
func comparisons() []comparison {
	of := func(newCodec func() reporters.Codec) func(bool) *work {
		return func(fresh bool) *work { return ours(newCodec, fresh) }
	}
	return []comparison{
		{"influx, line-protocol", 0.45, 1.80, of(influxCodec), lineProtocol, influxMeaning},
		{"influx, influxdb-client-go", 0.40, 0.85, of(influxCodec), influxClient, influxMeaning},
		{"statsd, datadog-go", 0.45, 2.60, pushStatsd, dogstatsd, statsdMeaning},
		{"graphite, Fprintf", 0.40, 0.40, of(graphiteCodec), printf, graphiteMeaning},
	}
}

// maxAllocs is the limit of our allocations for a point of a known series: none,
// but for a few that the runtime makes in a turn.
const maxAllocs = 0.001

func BenchmarkRatio(b *testing.B) {
	for _, c := range comparisons() {
		for _, fresh := range []bool{false, true} {
			name, limit, allocs := c.name+", known", c.known, maxAllocs
			if fresh {
				name, limit, allocs = c.name+", new", c.fresh, 0
			}
			b.Run(turns.Label(name), func(b *testing.B) {
				ours, theirs := c.ours(fresh), c.theirs(fresh)
				defer ours.end(b)
				defer theirs.end(b)
				turns.Pair{Units: total, Limit: limit, MaxAllocs: allocs, Ours: ours.run, Theirs: theirs.run}.Run(b)
			})
		}
	}
}
