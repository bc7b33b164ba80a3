package monkit

import (
	"fmt"
	"reflect"
	"runtime"
)

// RunningCallbacks calls cb with a name for each function of the program that a
// walk is in at present: of gauges, chained sources and transformers. It serves
// to find out why a walk does not return. It waits for none of them.
func (r *Registry) RunningCallbacks(cb func(name string)) {
	if t := r.transformers.running(); t != nil {
		cb("transformer " + nameOfCode(t.CallbackTransformer))
		return // the scope's code has called it
	}
	for _, s := range r.core.snapshot() {
		s.RunningCallbacks(cb)
	}
}

// RunningCallbacks is Registry.RunningCallbacks for one scope.
func (s *Scope) RunningCallbacks(cb func(name string)) {
	for _, src := range s.index.reported() {
		if g, ok := src.(*gauge); ok && g.inside.Load() > 0 {
			cb("gauge " + g.key.String())
		}
	}
	for _, c := range s.chained() {
		if c.inside.Load() > 0 {
			c.running(s, cb)
		}
	}
}

// running names the source, or the functions that it is in if it can name those.
func (c *chain) running(s *Scope, cb func(name string)) {
	named := false
	if src, ok := c.src.(interface{ RunningCallbacks(func(string)) }); ok {
		src.RunningCallbacks(func(name string) { named = true; cb(name) })
	}
	if !named {
		cb("source " + nameOfCode(c.src) + " of scope " + s.name)
	}
}

// RunningCallbacks names the transformer that a walk is in, or the functions of
// the source.
func (t *transformed) RunningCallbacks(cb func(name string)) {
	if running := t.transformers.running(); running != nil {
		cb("transformer " + nameOfCode(running.CallbackTransformer))
	} else if src, ok := t.src.(interface{ RunningCallbacks(func(string)) }); ok {
		src.RunningCallbacks(cb)
	}
}

// nameOfCode returns the name of a function, or the type of anything else.
func nameOfCode(code any) string {
	if v := reflect.ValueOf(code); v.Kind() == reflect.Func && !v.IsNil() {
		if f := runtime.FuncForPC(v.Pointer()); f != nil {
			return f.Name()
		}
	}
	return fmt.Sprintf("%T", code)
}
