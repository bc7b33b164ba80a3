package otlp

import (
	"strings"

	"monkit.example/reporters"
)

// units are the words at the end of names that are units, and how UCUM, which
// OpenTelemetry prescribes, writes these.
var units = map[string]string{
	"ns": "ns", "nanoseconds": "ns",
	"us": "us", "microseconds": "us",
	"ms": "ms", "milliseconds": "ms",
	"seconds": "s",
	"minutes": "min",
	"hours":   "h",
	"days":    "d",
	"bits":    "bit",
	"bytes":   "By",
	"percent": "%",
	"ratio":   "1",
	"hertz":   "Hz",
	"celsius": "Cel",
	"volts":   "V",
	"amperes": "A",
	"joules":  "J",
	"watts":   "W",
	"meters":  "m",
	"grams":   "g",
}

// unitOf returns the unit that the name of p's field ends with or, for a field
// that counts nothing, that of its measurement. It returns "" for none.
func unitOf(p *reporters.Point) string {
	if unit := units[lastWord(p.Field)]; unit != "" {
		return unit
	}
	if reporters.KindOf(p.Field) == reporters.Counter {
		return "" // such as the count of a distribution of seconds
	}
	return units[lastWord(p.Key.Measurement)]
}

// lastWord returns what follows the last underscore or dot of name, without the
// suffix that counters have in Prometheus.
func lastWord(name string) string {
	name = strings.TrimSuffix(name, "_total")
	return name[strings.LastIndexAny(name, "_.")+1:]
}
