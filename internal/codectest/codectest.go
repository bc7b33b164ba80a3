package codectest

import (
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Options describe a format to the suite.
type Options struct {
	// Good are lines that the codec must accept, without line ends. Each has a
	// time if the format has times.
	Good []string
	// Points holds, for lines of Good, the points that the line must decode
	// to. A line that is missing here need only be accepted.
	Points map[string][]reporters.Point
	// Bad are lines that the codec must reject, whatever the lines around them.
	Bad []string
	// WholeRuns is true if the points of one series and time share a line, and
	// false if each point has its own line.
	WholeRuns bool
	// Back checks got, the result of encoding and decoding the gauge p. Nil
	// means that got must be one point with the value of p and its time in
	// whole seconds.
	Back func(t testing.TB, p reporters.Point, got []reporters.Point)
}

// Key returns the key of a series. tags lists keys and values in turn.
func Key(measurement string, tags ...string) monkit.SeriesKey {
	k := monkit.NewSeriesKey(measurement)
	for i := 0; i < len(tags); i += 2 {
		k = k.WithTag(tags[i], tags[i+1])
	}
	return k
}

// Run checks the codecs that newCodec returns.
func Run(t *testing.T, newCodec func() reporters.Codec, o Options) {
	s := suite{newCodec: newCodec, Options: o}
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"encoded points decode to the same points", s.roundTrip},
		{"each point or run is one line", s.lineCount},
		{"encoding is deterministic", s.stable},
		{"repeated encoding allocates nothing", s.allocates},
		{"the encoder keeps no memory of its caller", s.encoderKeepsNothing},
		{"values that are not finite are skipped", s.skips},
		{"good lines are accepted and decoded", s.acceptsGood},
		{"bad lines are rejected", s.rejectsBad},
		{"a bad line does not affect adjacent lines", s.neighbours},
		{"noise does not affect adjacent lines", s.noise},
		{"a blank line is skipped", s.blanks},
		{"a partial line is not consumed", s.partial},
		{"text may be cut anywhere", s.cuts},
		{"line ends and blank lines do not matter", s.lineEnds},
		{"the decoder keeps no memory of its caller", s.decoderKeepsNothing},
		{"accepted lines are kept byte for byte", s.raw},
		{"a decoder is safe for concurrent use", s.concurrent},
		{"a scanner accepts what the decoder accepts", s.scans},
	} {
		t.Run(test.name, test.run)
	}
}

type suite struct {
	newCodec func() reporters.Codec
	Options
}

// second is a time that every format can hold.
const second = 1_700_000_000

// samples returns runs of points as a collector makes them. Their names need no
// change in any format; their values are of every magnitude.
func samples() []reporters.Point {
	var points []reporters.Point
	var id uint32
	run := func(key monkit.SeriesKey, fields ...string) {
		id++
		series := id
		for i, field := range fields {
			id++
			values := [...]float64{1, 0, 0.5, 12345678.25, 1e-9, 3e20, 0.1}
			points = append(points, reporters.Point{
				Key: key, Field: field, Value: values[(i+int(series))%len(values)],
				Time: second * 1e9, Series: series, ID: id,
			})
		}
	}
	run(Key("hits"), "value")
	run(Key("function", "name", "Do"), "current", "highwater", "r50", "r99")
	run(Key("latency", "host", "web1", "zone", "eu"), "min", "max", "recent")
	run(Key("level", "zone", "eu"), "value", "low")
	return points
}

// samplesWithoutIDs returns the samples as a decoder would make them.
func samplesWithoutIDs() []reporters.Point {
	points := samples()
	for i := range points {
		points[i].Series, points[i].ID = 0, 0
	}
	return points
}
