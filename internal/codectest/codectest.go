package codectest

import (
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Options say what the suite cannot know of a format.
type Options struct {
	// Good are lines that are accepted, without their ends, each with a time
	// if the format has times.
	Good []string
	// Bad are lines that are refused, whatever stands around them.
	Bad []string
	// WholeRuns says that all points of a series and time go into one line.
	// False means that each has its own.
	WholeRuns bool
	// Back is what a gauge becomes that was encoded and decoded. Nil means
	// that its value comes back as one point, with its time in whole seconds.
	Back func(t testing.TB, p reporters.Point, got []reporters.Point)
}

// Run checks the codec that newCodec makes.
func Run(t *testing.T, newCodec func() reporters.Codec, o Options) {
	s := suite{newCodec: newCodec, Options: o}
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"points come back", s.roundTrip},
		{"lines for points", s.lineCount},
		{"what was encoded is stable", s.stable},
		{"steady encoding allocates nothing", s.allocates},
		{"the encoder keeps nothing it was lent", s.encoderKeepsNothing},
		{"numbers that no format holds are skipped", s.skips},
		{"good lines are accepted", s.acceptsGood},
		{"bad lines are rejected", s.rejectsBad},
		{"a bad line never eats its neighbour", s.neighbours},
		{"noise never eats its neighbour", s.noise},
		{"a blank line is skipped", s.blanks},
		{"a partial line is left alone", s.partial},
		{"the cut does not matter", s.cuts},
		{"line ends and empty lines", s.lineEnds},
		{"decoded text is the batch's own", s.decoderKeepsNothing},
		{"accepted lines pass as they came", s.raw},
		{"several may decode at a time", s.concurrent},
	} {
		t.Run(test.name, test.run)
	}
}

type suite struct {
	newCodec func() reporters.Codec
	Options
}

// second is a time that every format holds.
const second = 1_700_000_000

// samples are points as a collector makes them, run by run, of names that no
// format has to change and of numbers of all kinds.
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

// nameless are the samples as they would be if they came from the wire.
func nameless() []reporters.Point {
	points := samples()
	for i := range points {
		points[i].Series, points[i].ID = 0, 0
	}
	return points
}
