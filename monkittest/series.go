package monkittest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"monkit.example/monkit"
)

// Value returns the value of series. It ends the test if there is not exactly
// one such value.
func (r *Registry) Value(series string) float64 {
	r.tb.Helper()
	_, val, err := r.find(series)
	if err != nil {
		r.tb.Fatal(err)
	}
	return val
}

// Want reports an error if the value of series is not want.
func (r *Registry) Want(series string, want float64) {
	r.tb.Helper()
	if name, val, err := r.find(series); err != nil {
		r.tb.Error(err)
	} else if !same(val, want) {
		r.tb.Errorf("%s is %v, want %v", name, val, want)
	}
}

// WantAdded reports an error if the value of series has not grown by want
// since New or Watch. A series that did not exist then, or does not exist now,
// counts as 0.
func (r *Registry) WantAdded(series string, want float64) {
	r.tb.Helper()
	name, val, err := r.find(series)
	if _, missing := err.(missingError); err != nil && !(missing && want == 0) {
		r.tb.Error(err)
	} else if added := val - r.before[name]; !same(added, want) {
		r.tb.Errorf("%s grew by %v to %v, want growth by %v", name, added, val, want)
	}
}

// WantNone reports an error if series exists.
func (r *Registry) WantNone(series string) {
	r.tb.Helper()
	name, val, err := r.find(series)
	if err == nil {
		r.tb.Errorf("%s exists and is %v, want no such series", name, val)
	} else if _, missing := err.(missingError); !missing {
		r.tb.Error(err)
	}
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// find returns the full name of the one value that matches series, and the
// value.
func (r *Registry) find(series string) (name string, val float64, err error) {
	sel, err := parseSelector(series)
	if err != nil {
		return "", 0, err
	}
	var found, others []string
	r.Stats(func(key monkit.SeriesKey, field string, v float64) {
		if !sel.matches(key, field) {
			others = append(others, key.WithField(field))
			return
		}
		found = append(found, key.WithField(field))
		name, val = found[0], v
	})
	switch len(found) {
	case 0:
		return "", 0, missingError{series, others}
	case 1:
		return name, val, nil
	}
	return "", 0, fmt.Errorf("series %q is ambiguous; add tags until one of these is left:%s", series, lines(found))
}

// missingError reports that no value matches series.
type missingError struct {
	series string
	others []string // names of all values that do exist
}

func (e missingError) Error() string {
	if len(e.others) == 0 {
		return fmt.Sprintf("series %q does not exist; the registry has no values", e.series)
	}
	return fmt.Sprintf("series %q does not exist; the registry has:%s", e.series, lines(e.others))
}

// maxLines bounds the series or spans in one message. A Func alone has a dozen
// series.
const maxLines = 40

// lines returns the sorted names, one in a line.
func lines(names []string) string {
	slices.Sort(names)
	return "\n\t" + strings.Join(shortened(names), "\n\t")
}

// shortened returns at most maxLines of all, and a note about the rest.
func shortened(all []string) []string {
	if more := len(all) - maxLines; more > 0 {
		return append(slices.Clip(all[:maxLines]), fmt.Sprintf("and %d more", more))
	}
	return all
}
