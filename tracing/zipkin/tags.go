package zipkin

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"monkit.example/internal/printable"
	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Bounds on the tags of a span. Servers reject a whole request if its spans
// are too large.
const (
	maxTags = 128
	maxName = 256     // bytes of the name of a tag
	maxText = 4 << 10 // bytes of the value of a tag
)

// tags collects the tags of a span. A name may have several values.
type tags struct {
	all     map[string][]string
	dropped int // values beyond the bounds
}

func newTags() *tags { return &tags{all: make(map[string][]string)} }

// add adds a value that comes from the program. It drops values beyond maxTags.
func (t *tags) add(name, value string) {
	name = printable.Prefix(name, maxName)
	if name == "" || len(t.all[name]) == 0 && len(t.all) >= maxTags || len(t.all[name]) >= maxTags {
		t.dropped++
		return
	}
	t.all[name] = append(t.all[name], printable.Prefix(value, maxText))
}

// set sets a tag that the exporter defines. It replaces values from the program.
func (t *tags) set(name, value string) { t.all[name] = []string{printable.Prefix(value, maxText)} }

// setFunc sets the name of f and adds its tags.
func (t *tags) setFunc(f *monkit.Func) {
	t.set("code.function.name", f.FullName())
	funcTags := f.Tags()
	for i := range funcTags.Len() {
		if tag := funcTags.At(i); tag.Key != "name" && tag.Key != "scope" {
			t.add(tag.Key, tag.Val)
		}
	}
}

// addTrace adds the values of a trace whose keys are strings. It leaves out
// values such as pointers and maps, which the program may change concurrently.
func (t *tags) addTrace(trace *monkit.Trace) {
	for key, val := range trace.GetAll() {
		name, ok := key.(string)
		if !ok || name == tracing.SampledKey {
			continue
		}
		if text, ok := scalarText(val); ok {
			t.add(name, text)
		}
	}
}

// scalarText returns the text of a number, string or bool, or false for another
// type.
func scalarText(val any) (string, bool) {
	switch v := reflect.ValueOf(val); v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10), true
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), true
	}
	return "", false
}

func (t *tags) addArgs(args []string) {
	for i, arg := range args {
		t.add(fmt.Sprintf("arg_%d", i), arg)
	}
}

// setOutcome sets the tags of an error or panic. A span without them has no
// tag error, because servers take any value of it for an error. The otel tags
// are for the OpenTelemetry collector. withText selects the text of the error
// instead of its name.
func (t *tags) setOutcome(s *tracing.FinishedSpan, withText bool) {
	reason := ""
	switch {
	case s.Panicked:
		reason = "panic"
	case s.Err != nil && withText:
		reason = textOf(s.Err)
	case s.Err != nil:
		reason = monkit.ErrorName(s.Err)
	}
	if s.Panicked || s.Err != nil {
		t.set("error", reason)
		t.set("otel.status_code", "ERROR")
		t.set("otel.status_description", reason)
	}
	if s.Err != nil && isCanceled(s.Err) {
		t.set("monkit.canceled", "true")
	}
	if s.Span.Orphaned() {
		t.set("monkit.orphaned", "true")
	}
}

// values returns the tags. A tag with several values is a JSON list.
func (t *tags) values() map[string]string {
	if t.dropped > 0 {
		t.set("otel.dropped_attributes_count", strconv.Itoa(t.dropped))
	}
	out := make(map[string]string, len(t.all))
	for name, values := range t.all {
		if len(values) == 1 {
			out[name] = values[0]
			continue
		}
		list, _ := json.Marshal(values)
		out[name] = string(list)
	}
	return out
}
