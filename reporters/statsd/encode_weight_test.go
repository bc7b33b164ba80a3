package statsd

import (
	"math"
	"testing"

	"monkit.example/reporters"
)

// The weight of a sample is its rate (DogStatsD's protocol: MESSAGE|TYPE|@RATE|#TAGS).
func TestWeightIsWrittenAsRate(t *testing.T) {
	for _, tt := range []struct {
		o      Options
		weight float64
		want   string
	}{
		{Options{}, 1, "m.f:5|ms\n"},
		{Options{}, 10, "m.f:5|ms|@0.1\n"},
		{Options{}, 1 / 0.3, "m.f:5|ms|@0.3\n"},
		{Options{}, 1e9, "m.f:5|ms|@0.000000001\n"},
		{Options{}, 0.5, "m.f:5|ms|@2\n"},
		{Options{}, math.Inf(1), "m.f:5|ms\n"},
		{Options{}, math.NaN(), "m.f:5|ms\n"},
		{Options{}, -1, "m.f:5|ms\n"},
		{Options{Dialect: DogStatsD}, 10, "m.f:5|h|@0.1|#k:v\n"},
	} {
		k := key("m")
		if tt.o.Dialect == DogStatsD {
			k = key("m", "k", "v")
		}
		p := weighing(tt.weight, reporters.Point{Key: k, Field: "f", Value: 5})
		e := newEncoder(tt.o)
		got, skipped := e.AppendRun(nil, []reporters.Point{p})
		if string(got) != tt.want || skipped != 0 {
			t.Errorf("a sample of the weight %v is %q, want %q", tt.weight, got, tt.want)
			continue
		}
		var b reporters.Batch
		if !(tt.weight > 0) || math.IsInf(tt.weight, 0) {
			continue
		}
		if NewCodec(tt.o).Decode(&b, got); len(b.Points) != 1 || math.Abs(b.Points[0].Weight()/tt.weight-1) > 1e-15 {
			t.Errorf("%q is read as %+v", got, b.Points)
		}
	}
}
