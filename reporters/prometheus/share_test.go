package prometheus

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"monkit.example/reporters"
)

// To a server counters of one name are one series. The reference StatsD daemon, which
// writes them under one name as well, adds them up.
func TestCountersOfOneSampleAreAddedUp(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name   string
		points []reporters.Point
		want   string
		count  Count
	}{
		{"counters", []reporters.Point{tally("a b", "", 10), tally("a_b", "", 20), tally("a.b", "", 5)}, "a_b_total 35", Count{Samples: 1, Added: 2}},
		{"labels", []reporters.Point{tally("a", "", 1, "x y", "1"), tally("a", "", 2, "x_y", "1"), tally("a", "", 4, "x_y", "2")},
			`a_total{x_y="1"} 3; a_total{x_y="2"} 4`, Count{Samples: 2, Added: 1}},
		{"a gauge is not added", []reporters.Point{tally("a b", "total", 1), level("a_b", "total", 2), tally("a_c", "total", 3)},
			"a_b_total 1; a_c_total 3", Count{Samples: 2, Collisions: 1}},
		{"counters around a gauge", []reporters.Point{tally("a b", "total", 1), level("a-b", "total", 2), tally("a_b", "total", 3)},
			"a_b_total 4", Count{Samples: 1, Added: 1, Collisions: 1}},
		{"gauges", []reporters.Point{level("a b", "v", 1), level("a_b", "v", 2)}, "a_b_v 1", Count{Samples: 1, Collisions: 1}},
		{"summaries", []reporters.Point{tally("d b", "count", 1), level("d b", "sum", 5), level("d b", "r50", 5), tally("d_b", "count", 2), level("d_b", "sum", 3), level("d_b", "r50", 1.5)},
			`d_b{quantile="0.5"} 5; d_b_sum 8; d_b_count 3`, Count{Samples: 3, Added: 2, Collisions: 1}},
		{"a value that is not finite", []reporters.Point{tally("a b", "", 10), tally("a_b", "", nan)}, "a_b_total 10", Count{Samples: 1, Collisions: 1}},
		{"a sum beyond all numbers", []reporters.Point{tally("a b", "", math.MaxFloat64), tally("a_b", "", math.MaxFloat64)}, "a_b_total 1.7976931348623157e+308", Count{Samples: 1, Added: 1}},
	} {
		kept := NewEncoder(Options{})
		for range 3 { // points that were received leave nothing behind
			checkSamples(t, tt.name+", received", kept, tt.points, tt.want, tt.count)
		}
		numbered(tt.points)
		for range 3 {
			checkSamples(t, tt.name, kept, tt.points, tt.want, tt.count)
		}
	}
}

func checkSamples(t *testing.T, name string, e *Encoder, points []reporters.Point, want string, count Count) {
	t.Helper()
	pages, c := encode(t, e, points)
	var samples []string
	for line := range strings.Lines(pages[Text]) {
		if line[0] != '#' {
			samples = append(samples, strings.TrimSpace(line))
		}
	}
	if got := strings.Join(samples, "; "); got != want || c != count {
		t.Errorf("%s: the page has %s with %+v, want %s with %+v", name, got, c, want, count)
	}
}

// A server takes a counter that falls for one that was restarted, and counts its whole
// value again.
func TestSumOfCountersDoesNotFall(t *testing.T) {
	e := NewEncoder(Options{})
	all := numbered([]reporters.Point{tally("a b", "", 10), tally("a_b", "", 20), level("z", "v", 1)})
	for i, step := range []struct {
		first, second float64 // -1 is none
		want          float64
	}{
		{10, 20, 30}, {10, 25, 35}, {3, 25, 38}, {-1, 26, 39}, {4, 26, 40}, {5, -1, 41}, {5, -1, 41},
	} {
		points := []reporters.Point{all[2]}
		for k, v := range []float64{step.first, step.second} {
			if v >= 0 {
				all[k].Value = v
				points = append(points, all[k])
			}
		}
		if pages, _ := encode(t, e, points); !strings.Contains(pages[Text], fmt.Sprintf("\na_b_total %v\n", step.want)) {
			t.Errorf("step %d: the page is\n%swant %v", i, pages[Text], step.want)
		}
	}
	for range idleBatches + 1 { // the second is released
		encode(t, e, []reporters.Point{all[0], all[2]})
	}
	all[0].Value++
	if pages, _ := encode(t, e, []reporters.Point{all[0], all[2]}); len(e.live()) != 2 || !strings.Contains(pages[Text], "\na_b_total 42\n") {
		t.Errorf("%d series, the page is\n%s", len(e.live()), pages[Text])
	}
	for range 2*idleBatches + 2 {
		encode(t, e, all[2:])
	}
	if len(e.shares) != 0 || len(e.live()) != 1 {
		t.Errorf("%d sums of %d series are kept", len(e.shares), len(e.live()))
	}
}
