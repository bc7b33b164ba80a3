package present

import (
	"cmp"
	"io"

	"monkit.example/internal/printable"
	"monkit.example/monkit"
)

// StatsText writes every value of r on a line of its own, as series, field and
// value.
func StatsText(r *monkit.Registry, w io.Writer) error { return wholeWalk(r).statsText(w) }

func (w walk) statsText(out io.Writer) error {
	p := newPrinter(out)
	w.stats(func(key monkit.SeriesKey, field string, val float64) {
		p.printf("%s=%f\n", printable.String(key.WithField(field)), val)
	})
	return cmp.Or(w.err(), p.close())
}

// StatsOld is StatsText.
//
// Deprecated: use StatsText.
func StatsOld(r *monkit.Registry, w io.Writer) error { return StatsText(r, w) }

// StatsJSON writes a JSON array with an array for every value of r: measurement,
// tags, field and value. A value that is not finite is null.
func StatsJSON(r *monkit.Registry, w io.Writer) error { return wholeWalk(r).statsJSON(w) }

func (w walk) statsJSON(out io.Writer) error {
	a := newJSONArray(out)
	var last monkit.SeriesKey // the registry emits the fields of a series one after another
	var series, line []byte
	w.stats(func(key monkit.SeriesKey, field string, val float64) {
		if len(series) == 0 || key != last {
			last, series = key, appendSeries(series[:0], key)
		}
		line = append(line[:0], series...)
		line = append(appendJSON(line, field), ',')
		line = append(appendNumber(line, val), ']')
		a.next()
		a.Write(line)
	})
	return cmp.Or(w.err(), a.close())
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
