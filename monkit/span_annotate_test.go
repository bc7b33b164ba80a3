package monkit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAnnotationsAreKeptInOrderAndBounded(t *testing.T) {
	f := NewRegistry().ScopeNamed("s").FuncNamed("f")
	ctx := t.Context()
	defer f.Task(&ctx)(nil)
	s := SpanFromCtx(ctx)
	s.Annotate("a", "1")
	first := s.Annotations()
	s.Annotate("a", "2")
	if want := []Annotation{{"a", "1"}, {"a", "2"}}; !slices.Equal(s.Annotations(), want) || len(first) != 1 {
		t.Errorf("annotations %v, and after another one %v, want %v", first, s.Annotations(), want)
	}
	for range 2 * maxAnnotations {
		s.Annotate("b", "")
	}
	if got := len(s.Annotations()); got != maxAnnotations {
		t.Errorf("%d annotations, want %d", got, maxAnnotations)
	}
}

func TestAttributeKeepsTheTypeOfItsValue(t *testing.T) {
	type level uint8
	for _, tt := range []struct {
		name      string
		val, want interface{}
		text      string
	}{
		{"text", "a", "a", "a"},
		{"bool", true, true, "true"},
		{"int", -7, int64(-7), "-7"},
		{"a type based on an int", level(7), int64(7), "7"},
		{"greatest uint", uint64(math.MaxUint64), "18446744073709551615", "18446744073709551615"},
		{"float", 0.25, 0.25, "0.25"},
		{"float32", float32(2), float64(2), "2"},
		{"duration", time.Second, time.Second, "1s"},
		{"time", time.Unix(1, 5).UTC(), "1970-01-01T00:00:01.000000005Z", "1970-01-01T00:00:01.000000005Z"},
		{"error", errors.New("broken"), "broken", "broken"},
		{"Stringer", time.March, "March", "March"},
		{"nil", nil, "<nil>", "<nil>"},
		{"list", []int{1, 2}, "[1 2]", "[1 2]"},
		{"error that panics", (*panickyError)(nil), "<nil>", "<nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			defer NewRegistry().ScopeNamed("s").FuncNamed("f").Task(&ctx)(nil)
			s := SpanFromCtx(ctx)
			s.AnnotateValue("a", tt.val)
			if want := []Attribute{{"a", tt.want}}; !slices.Equal(s.Attributes(), want) {
				t.Errorf("attributes %#v, want %#v", s.Attributes(), want)
			}
			if want := []Annotation{{"a", tt.text}}; !slices.Equal(s.Annotations(), want) {
				t.Errorf("annotations %q, want %q", s.Annotations(), want)
			}
		})
	}
}

// panickyError is an error that panics if it is a nil pointer.
type panickyError struct{ text string }

func (e *panickyError) Error() string { return e.text }

func TestLongAnnotationIsCutBetweenCharacters(t *testing.T) {
	ctx := t.Context()
	defer NewRegistry().ScopeNamed("s").FuncNamed("f").Task(&ctx)(nil)
	s := SpanFromCtx(ctx)
	long := strings.Repeat("a", maxAnnotationText-1) + "äöü"
	s.Annotate(long, long)
	s.AnnotateValue(long, errors.New(long))
	for _, a := range s.Annotations() {
		for _, text := range []string{a.Name, a.Value} {
			if len(text) > maxAnnotationText+len("…") || !strings.HasSuffix(text, "a…") || !utf8.ValidString(text) {
				t.Errorf("%d bytes of %d are kept, which end in %q", len(text), len(long), text[len(text)-5:])
			}
		}
	}
}

func ExampleSpan_AnnotateValue() {
	ctx := context.Background()
	defer NewRegistry().ScopeNamed("shop").TaskNamed("Sell")(&ctx)(nil)

	s := SpanFromCtx(ctx)
	s.AnnotateValue("items", 3)
	s.AnnotateValue("gift", true)
	for _, a := range s.Attributes() {
		fmt.Printf("%s is %v, a %[2]T\n", a.Name, a.Value)
	}
	// Output:
	// items is 3, a int64
	// gift is true, a bool
}
