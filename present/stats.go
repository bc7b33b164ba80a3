package present

import (
	"io"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
)

// StatsText writes every value of r on a line of its own, as series, field and
// value.
func StatsText(r *monkit.Registry, w io.Writer) error {
	p := newPrinter(w)
	r.Stats(func(key monkit.SeriesKey, field string, val float64) {
		p.printf("%s=%f\n", webpage.Printable(key.WithField(field)), val)
	})
	return p.close()
}

// StatsOld is StatsText.
//
// Deprecated: use StatsText.
func StatsOld(r *monkit.Registry, w io.Writer) error { return StatsText(r, w) }

// StatsJSON writes a JSON array with an array for every value of r: measurement,
// tags, field and value. A value that is not finite is null.
func StatsJSON(r *monkit.Registry, w io.Writer) error {
	a := newJSONArray(w)
	var last monkit.SeriesKey // the registry emits the fields of a series one after another
	var series, line []byte
	r.Stats(func(key monkit.SeriesKey, field string, val float64) {
		if len(series) == 0 || key != last {
			last, series = key, appendSeries(series[:0], key)
		}
		line = append(line[:0], series...)
		line = append(appendJSON(line, field), ',')
		line = append(appendNumber(line, val), ']')
		a.next()
		a.Write(line)
	})
	return a.close()
}

func appendSeries(dst []byte, key monkit.SeriesKey) []byte {
	tags := key.Tags.All()
	if tags == nil {
		tags = map[string]string{}
	}
	dst = append(dst, '[')
	dst = append(appendJSON(dst, key.Measurement), ',')
	return append(appendJSON(dst, tags), ',')
}
