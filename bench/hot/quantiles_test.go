package hot

import (
	"math"
	"math/rand"
	"testing"

	v3 "github.com/spacemonkeygo/monkit/v3"

	"monkit.example/monkit"
)

// Of values that monkit/v3 retains all, at most 64, both libraries interpolate the
// same quantiles. Integers differ by 1 where 1 % is less than that.
func TestQuantilesOfFewValuesAreThoseOfV3(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for n := 1; n <= 64; n++ {
		ours, theirs := monkit.NewIntDist(monkit.NewSeriesKey("d")), v3.NewIntDist(v3.NewSeriesKey("d"))
		for range n {
			v := int64(math.Exp(10 * r.Float64()))
			ours.Insert(v)
			theirs.Insert(v)
		}
		for _, q := range []float64{-1, 0, .001, .1, .25, .5, .75, .9, .99, .999, 1, 2} {
			got, want := float64(ours.Query(q)), float64(theirs.Query(q))
			if math.Abs(got-want) > 1+.01*want {
				t.Errorf("quantile %v of %d values is %v, monkit/v3 says %v", q, n, got, want)
			}
		}
	}
}
