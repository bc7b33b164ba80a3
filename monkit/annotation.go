package monkit

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Annotation is a remark on a span, as text.
type Annotation struct {
	Name, Value string
}

// Attribute is a remark on a span whose value has a type: string, bool, int64,
// float64 or time.Duration.
type Attribute struct {
	Name  string
	Value interface{}
}

const (
	maxAnnotations    = 256     // remarks that a span keeps; further ones are lost
	maxAnnotationText = 4 << 10 // bytes of a name or a text; what is longer is cut
)

// Annotate adds a remark.
func (s *Span) Annotate(name, val string) { s.attribute(name, boundedText(val)) }

// AnnotateValue adds a remark whose value keeps its type where exporters have
// one for it: strings, bools, integers, floats and durations. Errors, and all
// else, become text at once.
func (s *Span) AnnotateValue(name string, val interface{}) {
	s.attribute(name, s.fn.health.attributeValue(val))
}

func (s *Span) attribute(name string, val interface{}) {
	more := s.rest()
	more.mu.Lock()
	defer more.mu.Unlock()
	if len(more.notes) < maxAnnotations {
		more.notes = append(more.notes, Attribute{boundedText(name), val})
	}
}

// Attributes returns the remarks in the order they were made, those of Annotate
// and those of AnnotateValue.
func (s *Span) Attributes() []Attribute {
	more := s.more.Load()
	if more == nil {
		return nil
	}
	more.mu.Lock()
	defer more.mu.Unlock()
	return slices.Clip(more.notes)
}

// Annotations returns what Attributes does, with the values as text.
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

// Text is the value as text.
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

// attributeValue is val as one of the types of an Attribute. Code of val's own
// runs here, on the goroutine that val belongs to; its panics become
// text, and are counted.
func (h *health) attributeValue(val interface{}) interface{} {
	switch v := val.(type) {
	case string:
		return boundedText(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case time.Duration:
		return v
	case error, fmt.Stringer, fmt.Formatter:
		return boundedText(h.format("%v", v))
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
	return boundedText(h.format("%v", val))
}

// boundedText cuts text, between characters, and lets go of the rest.
func boundedText(text string) string {
	if len(text) <= maxAnnotationText {
		return text
	}
	return strings.ToValidUTF8(text[:maxAnnotationText], "") + "…"
}
