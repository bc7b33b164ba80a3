package zipkin

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// What goes out of a span, at most. Servers refuse a request whose spans are
// too large as a whole.
const (
	maxTags = 128
	maxName = 256     // bytes of a tag's name
	maxText = 4 << 10 // bytes of a tag
)

// tags are gathered before they are known to be single.
type tags struct {
	values  map[string][]string
	dropped int
}

func newTags() *tags { return &tags{values: make(map[string][]string)} }

func (t *tags) add(name, value string) {
	name = name[:min(len(name), maxName)]
	if name == "" || len(t.values[name]) == 0 && len(t.values) >= maxTags || len(t.values[name]) >= maxTags {
		t.dropped++
		return
	}
	t.values[name] = append(t.values[name], value[:min(len(value), maxText)])
}

// set replaces what may be there: it comes of us.
func (t *tags) set(name, value string) { t.values[name] = []string{value[:min(len(value), maxText)]} }

func (t *tags) ofFunc(f *monkit.Func) {
	t.set("code.function.name", f.FullName())
	all := f.Tags()
	for i := range all.Len() {
		if tag := all.At(i); tag.Key != "name" && tag.Key != "scope" {
			t.add(tag.Key, tag.Val)
		}
	}
}

// ofTrace adds the values of a trace whose key is a string and which others
// cannot change meanwhile.
func (t *tags) ofTrace(trace *monkit.Trace) {
	for key, val := range trace.GetAll() {
		name, ok := key.(string)
		if !ok || name == tracing.SampledKey || name == tracing.SampledCBKey {
			continue
		}
		if text, ok := plain(val); ok {
			t.add(name, text)
		}
	}
}

// plain returns the text of numbers, strings and booleans.
func plain(val any) (string, bool) {
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

func (t *tags) ofArgs(args []string) {
	for i, arg := range args {
		t.add(fmt.Sprintf("arg_%d", i), arg)
	}
}

// ofEnd tells how the span ended. There is no tag error if it ended well:
// servers take any value of it for an error. OpenTelemetry's reader looks for
// the same in tags of its own.
func (t *tags) ofEnd(s *tracing.FinishedSpan, text bool) {
	why := ""
	switch {
	case s.Panicked:
		why = "panic"
	case s.Err != nil && text:
		why = textOf(s.Err)
	case s.Err != nil:
		why = monkit.ErrorName(s.Err)
	}
	if s.Panicked || s.Err != nil {
		t.set("error", why)
		t.set("otel.status_code", "ERROR")
		t.set("otel.status_description", why)
	}
	if s.Err != nil && isCanceled(s.Err) {
		t.set("monkit.canceled", "true")
	}
	if s.Span.Orphaned() {
		t.set("monkit.orphaned", "true")
	}
}

// finish returns the tags. Several values of one make a JSON list.
func (t *tags) finish() map[string]string {
	if t.dropped > 0 {
		t.set("otel.dropped_attributes_count", strconv.Itoa(t.dropped))
	}
	all := make(map[string]string, len(t.values))
	for name, values := range t.values {
		if len(values) == 1 {
			all[name] = values[0]
			continue
		}
		list, _ := json.Marshal(values)
		all[name] = string(list)
	}
	return all
}
