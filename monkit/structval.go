package monkit

import (
	"reflect"
	"strings"
	"sync"
)

// maxStructDepth bounds how many pointers and structs are followed, since a
// list may lead back to itself.
const maxStructDepth = 16

// StatSourceFromStruct returns a source of the exported numbers and bools in
// structData, a struct or a pointer to one. A field of an inner struct is named
// by both names with a dot between them. A tag `monkit:"ignore"` excludes a
// field. Every walk reads structData, so a program must not change what it
// points to during a walk.
func StatSourceFromStruct(key SeriesKey, structData interface{}) StatSource {
	return StatSourceFunc(func(cb func(key SeriesKey, field string, val float64)) {
		structStats(reflect.ValueOf(structData), "", maxStructDepth, func(field string, val float64) {
			cb(key, field, val)
		})
	})
}

func structStats(v reflect.Value, prefix string, depth int, cb func(field string, val float64)) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if depth--; depth < 0 || v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || depth <= 0 {
		return
	}
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.IsExported() && !isIgnored(field) {
			fieldStats(v.Field(i), prefix+field.Name, depth-1, cb)
		}
	}
}

func isIgnored(field reflect.StructField) bool {
	for option := range strings.SplitSeq(field.Tag.Get("monkit"), ",") {
		if strings.TrimSpace(option) == "ignore" {
			return true
		}
	}
	return false
}

func fieldStats(v reflect.Value, name string, depth int, cb func(field string, val float64)) {
	for v.Kind() == reflect.Pointer {
		if depth--; depth < 0 || v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Struct:
		structStats(v, name+".", depth, cb)
	case v.Kind() == reflect.Bool:
		val := 0.0
		if v.Bool() {
			val = 1
		}
		cb(name, val)
	case v.CanInt():
		cb(name, float64(v.Int()))
	case v.CanUint():
		cb(name, float64(v.Uint()))
	case v.CanFloat():
		cb(name, v.Float())
	}
}

// StructVal is a source of the fields of the last struct that was observed. It
// is safe for concurrent use if the data that the struct points to is.
type StructVal struct {
	key SeriesKey

	mu   sync.Mutex
	last interface{} // guarded by mu
}

// NewStructVal returns a StructVal with the series key.
func NewStructVal(key SeriesKey) *StructVal { return &StructVal{key: key} }

// Observe replaces the last struct by val, a struct or a pointer to one.
func (v *StructVal) Observe(val interface{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = val
}

// Stats emits the fields of the last struct, as StatSourceFromStruct does.
func (v *StructVal) Stats(cb func(key SeriesKey, field string, val float64)) {
	v.mu.Lock()
	last := v.last
	v.mu.Unlock()
	StatSourceFromStruct(v.key, last).Stats(cb)
}
