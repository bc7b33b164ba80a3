package encode

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/statsd"
)

// Both sides of a comparison do the same work: what they write has the same
// meaning, for the first batch and for later ones.
func TestBothSidesWriteTheSamePoints(t *testing.T) {
	for _, c := range comparisons() {
		for _, fresh := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, new %v", c.name, fresh), func(t *testing.T) {
				ours, theirs := c.ours(fresh), c.theirs(fresh)
				defer ours.end(t)
				defer theirs.end(t)
				ours.keep, theirs.keep = true, true
				for batch := range 3 {
					ours.run()
					theirs.run()
					got, want := c.meaning(t, ours.text), c.meaning(t, theirs.text)
					if len(got) != total {
						t.Fatalf("batch %d: %d points, want %d", batch, len(got), total)
					}
					if i := difference(got, want); i >= 0 {
						t.Fatalf("batch %d: point %d of %d and %d differs:\n%q\n%q", batch, i, len(got), len(want), got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
					}
				}
			})
		}
	}
}

// The batches of known series differ, so that no encoder can write the last one
// again.
func TestKnownCountersGrow(t *testing.T) {
	for _, c := range comparisons() {
		for side, w := range map[string]*work{"ours": c.ours(false), "theirs": c.theirs(false)} {
			w.keep = true
			w.run()
			first := slices.Clone(w.text)
			w.run()
			// A line of statsd has the growth, which is the same each time.
			grows := !strings.Contains(c.name, "statsd")
			if (string(first) != string(w.text)) != grows {
				t.Errorf("%s, %s: the second batch is the first one: %v, want %v", c.name, side, !grows, grows)
			}
			w.end(t)
		}
	}
}

// difference returns the index of the first element that differs, or -1.
func difference(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	return -1
}

// influxMeaning returns the points of text, one a field, sorted.
func influxMeaning(t *testing.T, text []byte) []string {
	var all []string
	d := lineprotocol.NewDecoderWithBytes(text)
	for d.Next() {
		all = append(all, influxLine(t, d)...)
	}
	slices.Sort(all)
	return all
}

func influxLine(t *testing.T, d *lineprotocol.Decoder) []string {
	measurement, err := d.Measurement()
	series := string(measurement)
	for err == nil {
		var key, val []byte
		if key, val, err = d.NextTag(); key == nil {
			break
		}
		series += fmt.Sprintf(",%q=%q", key, val)
	}
	var points []string
	for err == nil {
		var key []byte
		var val lineprotocol.Value
		if key, val, err = d.NextField(); key == nil {
			break
		}
		points = append(points, fmt.Sprintf("%s %q %s %s", series, key, val.Kind(), exact(val.FloatV())))
	}
	if err != nil {
		t.Fatal(err)
	}
	when, err := d.Time(lineprotocol.Nanosecond, at)
	if err != nil {
		t.Fatal(err)
	}
	for i := range points {
		points[i] += fmt.Sprint(" ", when.UnixNano())
	}
	return points
}

// statsdMeaning returns the points of text, one a line, sorted.
func statsdMeaning(t *testing.T, text []byte) []string {
	var b reporters.Batch
	statsd.NewCodec(statsd.Options{Dialect: statsd.DogStatsD}).Decode(&b, text)
	if n := b.Rejected.Sum(); n > 0 {
		t.Fatalf("%d lines rejected: %v", n, b.RejectedLines)
	}
	var all []string
	for i := range b.Points {
		p := &b.Points[i]
		all = append(all, fmt.Sprint(seriesText(p.Key), p.Field, " ", p.Kind, " ", exact(p.Value)))
	}
	slices.Sort(all)
	return all
}

func seriesText(key monkit.SeriesKey) string { return key.Measurement + key.Tags.String() }

// graphiteMeaning returns the lines of text, sorted, with values in one form.
func graphiteMeaning(t *testing.T, text []byte) []string {
	var all []string
	for line := range strings.Lines(string(text)) {
		parts := strings.Fields(line)
		if len(parts) != 3 {
			t.Fatalf("line %q", line)
		}
		v, err := strconv.ParseFloat(parts[1], 64)
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		all = append(all, fmt.Sprint(parts[0], " ", exact(v), " ", parts[2]))
	}
	slices.Sort(all)
	return all
}

// exact returns a text that is equal for equal numbers only.
func exact(v float64) string { return strconv.FormatFloat(v, 'x', -1, 64) }
