package monkit

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Annotation is a name and a text on a span.
type Annotation struct {
	Name, Value string
}

// Attribute is a name and a value on a span. The value is a string, bool,
// int64, float64 or time.Duration.
type Attribute struct {
	Name  string
	Value interface{}
}

const (
	maxAnnotations    = 256     // annotations of a span; further ones are dropped
	maxAnnotationText = 4 << 10 // bytes of a name or text; longer ones are cut
)

// Annotate adds an annotation to the span.
func (s *Span) Annotate(name, val string) { s.addAttribute(name, boundedText(val)) }

// AnnotateValue adds an annotation with a value. Strings, bools, integers,
// floats and durations keep their type, for exporters that have one for them.
// Errors and all else become text before AnnotateValue returns.
func (s *Span) AnnotateValue(name string, val interface{}) {
	s.addAttribute(name, attributeValue(s.fn.health, val))
}

func (s *Span) addAttribute(name string, val interface{}) {
	extra := s.ensureExtra()
	extra.mu.Lock()
	defer extra.mu.Unlock()
	if len(extra.attributes) < maxAnnotations {
		extra.attributes = append(extra.attributes, Attribute{boundedText(name), val})
	}
}

// Attributes returns all annotations, those of Annotate and of AnnotateValue, in
// the order in which they were added.
func (s *Span) Attributes() []Attribute {
	extra := s.extra.Load()
	if extra == nil {
		return nil
	}
	extra.mu.Lock()
	defer extra.mu.Unlock()
	return slices.Clip(extra.attributes)
}

// Annotations returns Attributes with their values as text.
func (s *Span) Annotations() []Annotation {
	all := s.Attributes()
	if len(all) == 0 {
		return nil
	}
	texts := make([]Annotation, len(all))
	for i, a := range all {
		texts[i] = Annotation{a.Name, a.Text()}
	}
	return texts
}

// Text returns the value as text.
func (a Attribute) Text() string {
	switch v := a.Value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(a.Value)
}

// attributeValue returns val as one of the types of an Attribute. It runs the
// formatting methods of val now, on the goroutine that val belongs to. h counts
// their panics.
func attributeValue(h *health, val interface{}) interface{} {
	switch v := val.(type) {
	case string:
		return boundedText(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case time.Duration:
		return v
	case error, fmt.Stringer, fmt.Formatter:
		return boundedText(formatValue(h, "%v", v))
	}
	switch v := reflect.ValueOf(val); v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if n := int64(v.Uint()); n >= 0 {
			return n
		}
	case reflect.Float32, reflect.Float64:
		return v.Float()
	}
	return boundedText(formatValue(h, "%v", val))
}

// boundedText cuts a long text between two characters. The result does not keep
// the memory of text.
func boundedText(text string) string {
	if len(text) <= maxAnnotationText {
		return text
	}
	return strings.ToValidUTF8(text[:maxAnnotationText], "") + "…"
}
