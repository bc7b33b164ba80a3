package shape

import (
	"errors"
	"fmt"
	"regexp"

	"monkit.example/monkit"
)

// Step is one thing that is done to each point. Steps are made by the functions
// of this package. They hold no state: one Step may be part of several reporters.
type Step struct {
	apply  func(v *view) bool // changes v, or returns false if it is denied
	merges bool               // may give two series one name
	only   bool               // denies what it does not name
	err    error
}

// failed returns a Step that is wrong.
func failed(name string, err error) Step { return Step{err: fmt.Errorf("%s: %w", name, err)} }

// Allow denies points that match none of patterns. Two steps Allow pass what
// both allow.
func Allow(patterns ...string) Step {
	all, err := parsePatterns(patterns)
	if err == nil && len(all) == 0 {
		err = errors.New(`no pattern; this would deny everything, which is Deny("*")`)
	}
	if err != nil {
		return failed("Allow", err)
	}
	return Step{only: true, apply: func(v *view) bool { return matchAny(all, v) }}
}

// Deny denies points that match one of patterns.
func Deny(patterns ...string) Step {
	all, err := parsePatterns(patterns)
	if err != nil {
		return failed("Deny", err)
	}
	return Step{apply: func(v *view) bool { return !matchAny(all, v) }}
}

// Fields denies points of other fields than those of names, each of which is a
// glob or a regular expression: Fields("total", "r9*") is Allow("* total", "* r9*").
func Fields(names ...string) Step {
	all, err := parseNames(names)
	if err == nil && len(all) == 0 {
		err = errors.New(`no field; this would deny everything, which is Deny("*")`)
	}
	if err != nil {
		return failed("Fields", err)
	}
	return Step{only: true, apply: func(v *view) bool { return matchAnyName(all, v.field) }}
}

// WithoutFields denies points of the fields of names, each of which is a glob or
// a regular expression.
func WithoutFields(names ...string) Step {
	all, err := parseNames(names)
	if err != nil {
		return failed("WithoutFields", err)
	}
	return Step{apply: func(v *view) bool { return !matchAnyName(all, v.field) }}
}

// Rename gives the series that match from, a pattern without a field, another
// measurement. to may have $1 for what the first wildcard or group of from's
// measurement matched, and so on:
//
//	Rename("http_*", "web.$1")
//	Rename("/disk_([a-z]+)\\d*/,scope=app", "app_disk_${1}")
func Rename(from, to string) Step {
	m, t, err := parseRename(from, to)
	if err != nil {
		return failed("Rename", err)
	}
	return Step{merges: true, apply: func(v *view) bool {
		if m.matchSeries(v) {
			v.rename(&v.measurement, m.measurement, t)
		}
		return true
	}}
}

func parseRename(from, to string) (m pattern, t template, err error) {
	if m, err = parsePattern(from); err != nil {
		return m, nil, err
	}
	if m.field != nil {
		return m, nil, fmt.Errorf("pattern %q has a field, but all fields of a series have one measurement; see RenameField", from)
	}
	t, err = parseTemplate(to, m.measurement)
	return m, t, err
}

// Prefix puts text before every measurement: Prefix("app_") is
// Rename("*", "app_$1").
func Prefix(text string) Step {
	switch {
	case text == "":
		return failed("Prefix", errors.New("no text"))
	case len(text) > maxPattern:
		return failed("Prefix", fmt.Errorf("%d bytes; the limit is %d", len(text), maxPattern))
	}
	return Step{apply: func(v *view) bool {
		v.setName(&v.measurement, text+v.measurement)
		return true
	}}
}

// RenameField gives the fields that match from, a glob or a regular expression,
// another name. to is as in Rename.
func RenameField(from, to string) Step {
	re, err := parseName(from)
	if err != nil {
		return failed("RenameField", err)
	}
	t, err := parseTemplate(to, re)
	if err != nil {
		return failed("RenameField", err)
	}
	return Step{merges: true, apply: func(v *view) bool {
		if !v.member {
			v.rename(&v.field, re, t)
		}
		return true
	}}
}

// Tag adds a tag to each series. It replaces a tag of that key.
func Tag(key, value string) Step { return tagStep("Tag", key, value, true) }

// DefaultTag adds a tag to each series that has no tag of that key.
func DefaultTag(key, value string) Step { return tagStep("DefaultTag", key, value, false) }

func tagStep(name, key, value string, replace bool) Step {
	switch {
	case key == "":
		return failed(name, fmt.Errorf("no key for the value %q", value))
	case value == "":
		return failed(name, fmt.Errorf("no value for %q; use WithoutTags to remove a tag", key))
	case len(key)+len(value) > maxPattern:
		return failed(name, fmt.Errorf("a tag of %d bytes; the limit is %d", len(key)+len(value), maxPattern))
	}
	return Step{merges: true, apply: func(v *view) bool {
		if replace || v.tag(key) == "" {
			v.setTag(key, value)
		}
		return true
	}}
}

// RenameTag gives the tag from the key to. It replaces a tag of that key. Both
// are plain texts.
func RenameTag(from, to string) Step {
	switch {
	case from == "" || to == "":
		return failed("RenameTag", fmt.Errorf("no key: from %q to %q; use WithoutTags to remove a tag", from, to))
	case len(to) > maxPattern:
		return failed("RenameTag", fmt.Errorf("a key of %d bytes; the limit is %d", len(to), maxPattern))
	}
	return Step{merges: true, apply: func(v *view) bool {
		if value := v.tag(from); value != "" && from != to {
			v.removeTags(func(tag monkit.SeriesTag) bool { return tag.Key == from })
			v.setTag(to, value)
		}
		return true
	}}
}

// WithoutTags removes the tags whose keys match one of keys, each of which is a
// glob or a regular expression. Series that only such a tag sets apart have one
// name afterwards; only the first is reported, and their values are not added up.
func WithoutTags(keys ...string) Step {
	all, err := parseNames(keys)
	if err != nil {
		return failed("WithoutTags", err)
	}
	return Step{merges: true, apply: func(v *view) bool {
		v.removeTags(func(tag monkit.SeriesTag) bool { return matchAnyName(all, tag.Key) })
		return true
	}}
}

// Delta reports counters that match one of patterns, or all if there is none, by
// what they grew by since they were last reported, as reporters.CounterDelta. A
// counter that shrank was restarted, and grew by its whole value. So did a counter
// of this process when it is seen for the first time. The first value of a
// counter that was received is reported as 0, since it may have counted for any
// time. Deltas are computed once, when a batch is reported: what is sent again
// after a failure is the same number. Statsd needs no Delta: its reporter sends
// all counters so. A monkit.DeltaTransformer keeps totals and adds deltas to them.
func Delta(patterns ...string) Step {
	all, err := parsePatterns(patterns)
	if err != nil {
		return failed("Delta", err)
	}
	return Step{apply: func(v *view) bool {
		v.delta = v.delta || len(all) == 0 || matchAny(all, v)
		return true
	}}
}

func parsePatterns(texts []string) (all []pattern, err error) {
	for _, text := range texts {
		m, err := parsePattern(text)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func parseNames(texts []string) (all []*regexp.Regexp, err error) {
	for _, text := range texts {
		re, err := parseName(text)
		if err != nil {
			return nil, err
		}
		all = append(all, re)
	}
	return all, nil
}
