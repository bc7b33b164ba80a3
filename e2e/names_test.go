package e2e

import (
	"maps"
	"slices"
	"strings"
)

// A series is a field of a series that the program in testdata/push pushes, with
// its values.
type series struct {
	measurement string
	tags        map[string]string // without the tag scope
	field       string
	first, last float64 // after the first push and after the second
	counter     bool    // statsd gets the growth since the last push
}

// everyKind has every kind of metric, with the fields that have one right value.
var everyKind = []series{
	{"jobs", nil, "value", 3, 6, false},
	{"jobs", nil, "high", 5, 8, false},
	{"rooms", map[string]string{"zone": "eu west"}, "value", 1, 2, false},
	{"depth", nil, "value", 12.5, 12.5, false},
	{"own", map[string]string{"shelf": "top"}, "books", 17, 17, false},
	{"bytes", nil, "total", 100, 200, true},
	{"hits", nil, "total", 1, 2, true},
	{"render", nil, "count", 1, 2, true},
	{"size", nil, "count", 2, 4, true},
	{"size", nil, "sum", 40, 80, false},
	{"size", nil, "min", 10, 10, false},
	{"size", nil, "max", 30, 30, false},
	{"size", nil, "recent", 30, 30, false},
	{"ratio", nil, "sum", -1.25, -2.5, false},
	{"ratio", nil, "min", -1.5, -1.5, false},
	{"cached", nil, "true", 2, 4, false},
	{"cached", nil, "false", 1, 2, false},
	{"cached", nil, "disposition", 1, 2, false},
	{"wait", nil, "sum", 1.5, 3, false},
	{"function", play, "total", 4, 8, true},
	{"function", play, "successes", 2, 4, true},
	{"function", play, "errors", 1, 2, true},
	{"function", play, "panics", 1, 2, true},
	{"function", play, "failures", 2, 4, true},
	{"function", play, "current", 0, 0, false},
	{"function", with(play, "error_name", "EOF"), "count", 1, 2, true},
	{"function_times", with(play, "kind", "success"), "count", 2, 4, true},
	{"function_times", with(play, "kind", "failure"), "count", 2, 4, true},
}

var play = map[string]string{"name": "Play"}

func with(tags map[string]string, key, val string) map[string]string {
	tags = maps.Clone(tags)
	tags[key] = val
	return tags
}

// path returns the plain Graphite name, which is the statsd name too. It has the
// tags in the order of their keys: the values of the library's own, and keys and
// values of others.
func (s series) path(scope string) string {
	parts := []string{scope, s.measurement}
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		if key != "name" && key != "kind" && key != "error_name" {
			parts = append(parts, key)
		}
		parts = append(parts, strings.ReplaceAll(s.tags[key], " ", "_"))
	}
	return strings.Join(append(parts, s.field), ".")
}

// tagged returns the Graphite expression that selects the tagged series.
func (s series) tagged(scope string) string {
	terms := []string{quoted("name=" + s.measurement + "." + s.field), quoted("scope=" + scope)}
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		val := s.tags[key]
		if key == "name" {
			key = "func"
		}
		terms = append(terms, quoted(key+"="+strings.ReplaceAll(val, " ", "_")))
	}
	// Another series has the same name and this tag.
	if s.measurement == "function" && s.tags["error_name"] == "" {
		terms = append(terms, quoted("error_name="))
	}
	return "seriesByTag(" + strings.Join(terms, ",") + ")"
}

func quoted(s string) string { return "'" + s + "'" }

// prometheus returns the name of the path in statsd_exporter.
func (s series) prometheus(scope string) string {
	return strings.NewReplacer(".", "_", "-", "_").Replace(s.path(scope))
}

// selector returns the VictoriaMetrics expression that selects the series after
// it was pushed as Influx lines.
func (s series) selector(scope string) string {
	terms := []string{`__name__="` + s.measurement + "_" + s.field + `"`, `scope="` + scope + `"`}
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		terms = append(terms, key+`="`+s.tags[key]+`"`)
	}
	if s.measurement == "function" && s.tags["error_name"] == "" {
		terms = append(terms, `error_name=""`)
	}
	return "{" + strings.Join(terms, ",") + "}"
}

// scraped returns the expression that selects the series after Prometheus
// scraped it from the page of the job.
func (s series) scraped(job, scope string) string {
	name := s.measurement + "_" + s.field
	if s.counter && s.field != "total" && !slices.Contains(distributions, s.measurement) {
		name += "_total"
	}
	terms := []string{`job="` + job + `"`, `scope="` + scope + `"`}
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		terms = append(terms, key+`="`+s.tags[key]+`"`)
	}
	return name + "{" + strings.Join(terms, ",") + "}"
}

// distributions are the measurements of which Prometheus gets a summary.
var distributions = []string{"render", "size", "ratio", "wait", "function_times"}

// influxTags returns the tags of the Influx line, including scope.
func (s series) influxTags(scope string) map[string]string {
	return with(s.tagsOrNone(), "scope", scope)
}

func (s series) tagsOrNone() map[string]string {
	if s.tags == nil {
		return map[string]string{}
	}
	return s.tags
}

// relayField returns the field under which the relay forwards the statsd
// counter or gauge to other formats.
func (s series) relayField() string {
	if s.counter {
		return "total"
	}
	return "value"
}

// pathSelector returns the VictoriaMetrics expression that selects the series of
// a plain Graphite line.
func pathSelector(path string) string { return `{__name__="` + path + `"}` }
