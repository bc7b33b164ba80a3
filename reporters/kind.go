package reporters

// Kind says how the numbers of one series belong together.
type Kind uint8

const (
	Gauge    Kind = iota // a level; the newest one stands
	Total                // counts up since the start of its process
	Delta                // what was added since the last report
	Observed             // one observation of a distribution
	Relative             // moves a level up or down, as a gauge of statsd with a sign does
)

// String is the name of k in lower case.
func (k Kind) String() string {
	switch k {
	case Gauge:
		return "gauge"
	case Total:
		return "total"
	case Delta:
		return "delta"
	case Observed:
		return "observed"
	case Relative:
		return "relative"
	}
	return "unknown"
}

// KindOf is the kind that a field has by its name, where its source does not
// say otherwise: total, count, successes, errors, panics and failures are
// Total, all others Gauge.
func KindOf(field string) Kind {
	switch field {
	case "total", "count", "successes", "errors", "panics", "failures":
		return Total
	}
	return Gauge
}
