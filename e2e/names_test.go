package e2e

import (
	"maps"
	"slices"
	"strings"
)

// A series is one field of one series that the program in testdata/push has,
// and what it stands at.
type series struct {
	measurement string
	tags        map[string]string // without scope
	field       string
	first, last float64 // after the first push and after the second
	total       bool    // counts up: statsd gets what was added
}

// everyKind has the fields that have one right value.
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

// path is the plain Graphite name; statsd's is the same. The values of tags
// stand in the order of their keys.
func (s series) path(scope string) string {
	parts := []string{scope, s.measurement}
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		parts = append(parts, strings.ReplaceAll(s.tags[key], " ", "_"))
	}
	return strings.Join(append(parts, s.field), ".")
}

// tagged selects the series as Graphite tags it.
func (s series) tagged(scope string) string {
	terms := []string{quoted("name=" + s.measurement + "." + s.field), quoted("scope=" + scope)}
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		val := s.tags[key]
		if key == "name" {
			key = "func"
		}
		terms = append(terms, quoted(key+"="+strings.ReplaceAll(val, " ", "_")))
	}
	// A series without the tag is another one with the same name.
	for _, key := range []string{"error_name"} {
		if s.measurement == "function" && s.tags[key] == "" {
			terms = append(terms, quoted(key+"="))
		}
	}
	return "seriesByTag(" + strings.Join(terms, ",") + ")"
}

func quoted(s string) string { return "'" + s + "'" }

// prometheus is the name that statsd_exporter makes of the path.
func (s series) prometheus(scope string) string {
	return strings.NewReplacer(".", "_", "-", "_").Replace(s.path(scope))
}

// selector is what VictoriaMetrics makes of the Influx line.
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

// influxTags are the tags of the line, the scope with them.
func (s series) influxTags(scope string) map[string]string {
	return with(s.tagsOrNone(), "scope", scope)
}

func (s series) tagsOrNone() map[string]string {
	if s.tags == nil {
		return map[string]string{}
	}
	return s.tags
}

// role is the field that the relay has for what statsd calls a counter or a
// gauge.
func (s series) role() string {
	if s.total {
		return "total"
	}
	return "value"
}

// pathSelector is what VictoriaMetrics calls a plain Graphite line.
func pathSelector(path string) string { return `{__name__="` + path + `"}` }
