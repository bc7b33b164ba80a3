package reporters

// Kind says how the values of one field belong together.
type Kind uint8

const (
	Gauge        Kind = iota // a value as it is; the newest one counts
	Counter                  // counts up since its process started
	CounterDelta             // what a counter grew by since the last report
	Sample                   // one observation of a distribution
	GaugeDelta               // what a gauge moved by, as a statsd gauge with a sign does
	SetMember                // one member of a set, as text in Point.Field; the value is zero
)

// String returns the name of k in lower case, with an underscore between words.
func (k Kind) String() string {
	switch k {
	case Gauge:
		return "gauge"
	case Counter:
		return "counter"
	case CounterDelta:
		return "counter_delta"
	case Sample:
		return "sample"
	case GaugeDelta:
		return "gauge_delta"
	case SetMember:
		return "set_member"
	}
	return "unknown"
}

// KindOf returns the kind of a field of this library by its name: total, count,
// successes, errors, panics and failures are Counter, all others Gauge. It is asked
// only about sources that are no monkit.TotalSource.
func KindOf(field string) Kind {
	switch field {
	case "total", "count", "successes", "errors", "panics", "failures":
		return Counter
	}
	return Gauge
}

// MarkCounters makes Counters of the Gauges among points that are counters by the name
// of their field, as KindOf says. A Decoder calls it with the points of lines that have
// no kind. In lines of other programs a field called total or count may as well be a
// level that falls, so that only series of this library count, which have the tag
// scope; or all, if the program that sends them is known to be one of this library.
func MarkCounters(points []Point, all bool) {
	for i := range points {
		if p := &points[i]; KindOf(p.Field) == Counter && p.Kind == Gauge && (all || p.Key.Tags.Get("scope") != "") {
			p.Kind = Counter
		}
	}
}
