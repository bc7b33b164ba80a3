package monkittest

import (
	"fmt"
	"strings"

	"monkit.example/monkit"
)

// A selector matches the values of one measurement and field whose series have
// all of the tags. Other tags do not matter.
type selector struct {
	measurement, field string
	tags               []monkit.SeriesTag
}

// parseSelector parses measurement,tag=value field, as monkit.SeriesKey writes
// it: a backslash escapes a comma, space or equals sign that belongs to one of
// the parts, and backslashes before such a character or at the end of a part
// are doubled.
func parseSelector(text string) (sel selector, err error) {
	measurement, end, rest := cut(text, ", ", ", ")
	sel.measurement = measurement
	for end == ',' {
		var tag monkit.SeriesTag
		if tag.Key, end, rest = cut(rest, ",= ", ",= "); end != '=' {
			return sel, fmt.Errorf("series %q: tag %q has no value; write measurement,tag=value field", text, tag.Key)
		}
		tag.Val, end, rest = cut(rest, ", ", ",= ")
		sel.tags = append(sel.tags, tag)
	}
	if sel.field, _, _ = cut(rest, "", ",= "); sel.measurement == "" || end != ' ' || sel.field == "" {
		return sel, fmt.Errorf("series %q: want a measurement, a space and a field, as in \"function,name=Play total\"", text)
	}
	return sel, nil
}

// cut splits text at the first of stops that is not escaped. It returns the
// unescaped part before that byte, the byte, or 0 if there is none, and the text
// after it. All of stops must be in escapes, the bytes that a backslash escapes.
func cut(text, stops, escapes string) (part string, stop byte, rest string) {
	var b strings.Builder
	for {
		i := strings.IndexAny(text, escapes)
		if i < 0 {
			plain := strings.TrimRight(text, `\`)
			b.WriteString(text[:len(plain)+(len(text)-len(plain)+1)/2]) // one backslash at the end needs no second
			return b.String(), 0, ""
		}
		plain := strings.TrimRight(text[:i], `\`)
		slashes := i - len(plain)
		b.WriteString(text[:len(plain)+slashes/2])
		c := text[i]
		text = text[i+1:]
		if slashes%2 == 0 && strings.IndexByte(stops, c) >= 0 {
			return b.String(), c, text
		}
		b.WriteByte(c)
	}
}

func (sel selector) matches(key monkit.SeriesKey, field string) bool {
	if key.Measurement != sel.measurement || field != sel.field {
		return false
	}
	for _, tag := range sel.tags {
		if !has(key.Tags, tag) {
			return false
		}
	}
	return true
}

func has(tags *monkit.TagSet, tag monkit.SeriesTag) bool {
	for i := range tags.Len() {
		if tags.At(i) == tag {
			return true
		}
	}
	return false
}
