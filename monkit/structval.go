package monkit

import (
	"reflect"
	"strings"
	"sync"
)

// maxStructDepth bounds how deep pointers and structs are followed: a list
// may lead back to itself.
const maxStructDepth = 16

// StatSourceFromStruct returns a source of the exported numbers and bools in
// structData, a struct or a pointer to one: each field by its name, those of
// inner structs by both names with a dot between. A tag `monkit:"ignore"`
// leaves a field out. It is read at every walk, so what it points to must not
// change meanwhile.
func StatSourceFromStruct(key SeriesKey, structData interface{}) StatSource {
	return StatSourceFunc(func(cb func(key SeriesKey, field string, val float64)) {
		structStats(reflect.ValueOf(structData), "", maxStructDepth, func(field string, val float64) {
			cb(key, field, val)
		})
	})
}

func structStats(v reflect.Value, prefix string, depth int, tell func(field string, val float64)) {
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
		if field := v.Type().Field(i); field.IsExported() && !ignored(field) {
			fieldStats(v.Field(i), prefix+field.Name, depth-1, tell)
		}
	}
}

func ignored(field reflect.StructField) bool {
	for option := range strings.SplitSeq(field.Tag.Get("monkit"), ",") {
		if strings.TrimSpace(option) == "ignore" {
			return true
		}
	}
	return false
}

func fieldStats(v reflect.Value, name string, depth int, tell func(field string, val float64)) {
	for v.Kind() == reflect.Pointer {
		if depth--; depth < 0 || v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Struct:
		structStats(v, name+".", depth, tell)
	case v.Kind() == reflect.Bool:
		val := 0.0
		if v.Bool() {
			val = 1
		}
		tell(name, val)
	case v.CanInt():
		tell(name, float64(v.Int()))
	case v.CanUint():
		tell(name, float64(v.Uint()))
	case v.CanFloat():
		tell(name, v.Float())
	}
}

// StructVal tells the fields of the last struct it was given. It is safe for
// concurrent use, as far as what a struct points to is.
type StructVal struct {
	key SeriesKey

	mu     sync.Mutex
	recent interface{} // guarded by mu
}

// NewStructVal returns a StructVal with the series key.
func NewStructVal(key SeriesKey) *StructVal { return &StructVal{key: key} }

// Observe keeps val, a struct or a pointer to one, in place of the last.
func (v *StructVal) Observe(val interface{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.recent = val
}

// Stats tells what StatSourceFromStruct tells of the last struct.
func (v *StructVal) Stats(cb func(key SeriesKey, field string, val float64)) {
	v.mu.Lock()
	recent := v.recent
	v.mu.Unlock()
	StatSourceFromStruct(v.key, recent).Stats(cb)
}

var structVals = kind[*StructVal]{name: "struct", make: func(_ *Scope, key SeriesKey) *StructVal { return NewStructVal(key) }}

// StructVal returns the StructVal called name.
func (s *Scope) StructVal(name string, tags ...SeriesTag) *StructVal {
	return lookup(s, &structVals, name, tags)
}
