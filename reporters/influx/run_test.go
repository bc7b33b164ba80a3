package influx

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"monkit.example/collect"
	"monkit.example/internal/codectest"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// A transformer that adds a tag makes new tags for each sample, as
// github.com/spacemonkeygo/monkit/v3's CallbackTransformer is used for. The
// fields of a series share a line nevertheless, from the first walk on.
func TestFieldsOfSeriesWithAddedTagShareOneLine(t *testing.T) {
	registry := monkit.NewRegistry()
	for i := range 20 {
		registry.ScopeNamed("app").Counter("hits", monkit.NewSeriesTag("zone", fmt.Sprint(i))).Inc(1)
		registry.ScopeNamed("app").IntVal(fmt.Sprint("val", i)).Observe(1)
	}
	addHost := monkit.CallbackTransformerFunc(func(next func(monkit.SeriesKey, string, float64)) func(monkit.SeriesKey, string, float64) {
		return func(key monkit.SeriesKey, field string, val float64) { next(key.WithTag("host", "web1"), field, val) }
	})
	lines := func(src monkit.StatSource) []int {
		var each []int
		walker, out := collect.NewWalker(src), &codectest.Payloads{}
		pusher := reporters.NewPusher(newCodec(), out, reporters.PusherOptions{MaxPayload: 1 << 20, MaxLine: 8000, Format: Format})
		for range 2 {
			var b reporters.Batch
			walker.Walk(&b, time.Now())
			if err := pusher.Report(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			each = append(each, bytes.Count(out.Text.Bytes(), []byte{'\n'}))
			out.Text.Reset()
		}
		if err := pusher.Ledger().Check(); err != nil {
			t.Error(err)
		}
		return each
	}
	want, got := lines(registry), lines(registry.WithTransformers(addHost))
	if fmt.Sprint(got) != fmt.Sprint(want) || want[0] < 40 {
		t.Errorf("two walks are %v lines with an added tag, %v without", got, want)
	}
}
