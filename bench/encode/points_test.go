package encode

import (
	"fmt"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

const (
	distributions = 100 // with as many fields as there are in fields
	counters      = 200

	// growth is by how much each counter grows from batch to batch.
	growth = 3
)

var fields = []string{"count", "max", "min", "r50", "r90", "r99", "recent", "sum"}

// total is the number of points of a batch.
var total = distributions*len(fields) + counters

// at is the time of all points.
var at = time.Unix(1_700_000_000, 123_456_789)

// points returns a batch as a collector makes it: the points of a series follow
// each other and have the numbers of their series.
func points() []reporters.Point {
	var all []reporters.Point
	series := uint32(0)
	add := func(key monkit.SeriesKey, field string, v float64, kind reporters.Kind) {
		all = append(all, reporters.Point{
			Key: key, Field: field, Value: v, Kind: kind, Time: at.UnixNano(),
			Series: series, ID: uint32(len(all) + 1),
		})
	}
	for i := range distributions {
		series++
		key := seriesKey("function_times", i)
		for j, field := range fields {
			add(key, field, 0.000123*float64(1+i)*float64(1+j*j), reporters.Gauge)
		}
	}
	for i := range counters {
		series++
		add(seriesKey("requests", i), "total", growth, reporters.Counter)
	}
	return all
}

func seriesKey(measurement string, i int) monkit.SeriesKey {
	return monkit.NewSeriesKey(measurement).WithTags(
		monkit.NewSeriesTag("host", "web1"),
		monkit.NewSeriesTag("name", fmt.Sprintf("Function%03d", i)),
		monkit.NewSeriesTag("scope", fmt.Sprintf("example.com/service/package%03d", i%60)))
}

// grow makes batch the next one of a collector.
func grow(batch []reporters.Point) {
	for i := range batch {
		if batch[i].Kind == reporters.Counter {
			batch[i].Value += growth
		}
	}
}

// runs calls f with the points of each series of batch.
func runs(batch []reporters.Point, f func(run []reporters.Point)) {
	for len(batch) > 0 {
		n := 1
		for n < len(batch) && batch[n].Series == batch[0].Series {
			n++
		}
		f(batch[:n])
		batch = batch[n:]
	}
}
