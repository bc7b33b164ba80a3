package reporters

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/examples"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// Points that an encoder skips have an example for each reason, beside the lines that
// the server rejected.
func TestPusherHasExamplesOfPointsThatWereSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rejected := ledger.RejectedLine{At: time.Now().Add(500 * time.Millisecond), Destination: "d", Reason: ledger.Rejected, Lines: 1, Text: "x"}
		p := NewPusher(finiteEncoder{}, &hoarder{lines: []ledger.RejectedLine{rejected}}, PusherOptions{Name: "d"})
		report := func(measurement string, value float64) {
			key := monkit.NewSeriesKey(measurement).WithTag("k", "v")
			points := []Point{{Key: key, Field: "a", Value: 1}, {Key: key, Field: "b", Value: value}}
			if err := p.Report(t.Context(), &Batch{Points: points}); err != nil {
				t.Error(err)
			}
		}
		report("m", 2)
		if got := p.RejectedLines(); len(got) != 1 {
			t.Errorf("nothing was skipped, but the lines are %v", got)
		}
		report("m", math.Inf(1))
		report("second", math.NaN()) // within the second
		time.Sleep(examples.Interval)
		got := p.RejectedLines()
		if len(got) != 2 || got[0].Text != "m,k=v a=1,b=+Inf" || got[0].Reason != ledger.NotFinite || got[0].Destination != "d" || got[0].Err == "" || got[0].Lines != 1 || got[1] != rejected {
			t.Errorf("the lines are %+v", got)
		}
		report("third", math.NaN())
		report(strings.Repeat("é", 200), math.NaN())
		if got := p.RejectedLines(); len(got) != 2 || got[1].Text != "third,k=v a=1,b=NaN" {
			t.Errorf("the lines are %+v", got)
		}
		line := &Batch{Format: "other", Points: []Point{{Key: monkit.NewSeriesKey("received"), Field: "v", Value: math.NaN()}}, Lines: []Line{{N: 1}}}
		time.Sleep(examples.Interval)
		if err := p.Report(t.Context(), line); err != nil {
			t.Error(err)
		}
		if got := p.RejectedLines(); got[len(got)-1].Text != "received v=NaN" {
			t.Errorf("the lines are %+v", got)
		}
		line.Lines, line.Points = []Line{{Raw: []byte("_e{1,1}:a|b")}}, nil // an event, which has no points
		if err := p.Report(t.Context(), line); err != nil {
			t.Error(err)
		}
		if got := p.RejectedLines(); !slices.ContainsFunc(got, func(l ledger.RejectedLine) bool { return l.Text == "_e{1,1}:a|b" && l.Reason == ledger.Unsupported }) {
			t.Errorf("the lines are %+v", got)
		}
		if l := p.Ledger(); l.Check() != nil || l.Dropped[ledger.NotFinite] != 5 {
			t.Errorf("the ledger is %v", l)
		}
	})
}

func TestExampleOfManyPointsHasTheFirst(t *testing.T) {
	var many []Point
	for i := range 1000 {
		many = append(many, Point{Key: monkit.NewSeriesKey("m"), Field: fmt.Sprint(i)})
	}
	if got := runText(many); !strings.HasPrefix(got, "m 0=0,1=0,") || len(got) < examples.MaxKept || len(got) > examples.MaxKept+10 {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

// finiteEncoder skips points that are not finite.
type finiteEncoder struct{}

func (finiteEncoder) AppendRun(dst []byte, run []Point) ([]byte, int) {
	finite := slices.DeleteFunc(slices.Clone(run), func(p Point) bool { return math.IsNaN(p.Value) || math.IsInf(p.Value, 0) })
	if len(finite) > 0 {
		dst = append(dst, "line\n"...)
	}
	return dst, len(run) - len(finite)
}
