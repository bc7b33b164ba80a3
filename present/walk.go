package present

import (
	"context"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// walk reads a registry for one page. When its context ends it passes nothing
// more to the page, and the page returns the error of the walk.
type walk struct {
	registry *monkit.Registry
	ctx      context.Context

	// hidden is what the page has in place of arguments, annotations and error
	// texts if its reader may not see them, else it is empty.
	hidden string
}

// hiddenText is the hidden of pages whose server has no text of its own.
const hiddenText = "[hidden: name this host in Options.Hosts of monkit.example/present]"

// wholeWalk returns a walk that nothing ends or hides.
func wholeWalk(r *monkit.Registry) walk { return walk{registry: r, ctx: context.Background()} }

// err returns why the walk ended early, or nil.
func (w walk) err() error { return w.ctx.Err() }

// stats calls cb with each sample.
func (w walk) stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	w.registry.Stats(func(key monkit.SeriesKey, field string, val float64) {
		if w.err() == nil {
			cb(key, field, val)
		}
	})
}

// funcs calls cb with each function.
func (w walk) funcs(cb func(*monkit.Func)) { w.registry.Funcs(unlessEnded(w, cb)) }

// rootSpans calls cb with each span that has no open ancestor.
func (w walk) rootSpans(cb func(*monkit.Span)) { w.registry.RootSpans(unlessEnded(w, cb)) }

// children calls cb with the open spans right below s.
func (w walk) children(s *monkit.Span, cb func(*monkit.Span)) { s.Children(unlessEnded(w, cb)) }

func unlessEnded[T any](w walk, cb func(T)) func(T) {
	return func(t T) {
		if w.err() == nil {
			cb(t)
		}
	}
}

// each calls cb with each of spans.
func (w walk) each(spans []*openSpan, cb func(*openSpan)) {
	for _, s := range spans {
		if w.err() != nil {
			return
		}
		cb(s)
	}
}

// call returns the function of s with the arguments of this run.
func (w walk) call(s *openSpan) string {
	args := s.args
	if w.hidden != "" && args != "" {
		args = w.hidden
	}
	return s.name + "(" + args + ")"
}

// annotations returns the annotations of s.
func (w walk) annotations(s *monkit.Span) []monkit.Annotation {
	all := s.Annotations()
	if w.hidden != "" && len(all) > 0 {
		return []monkit.Annotation{{Name: "hidden", Value: w.hidden}}
	}
	return all
}

// spanJSON returns the JSON form of s.
func (w walk) spanJSON(s *monkit.Span) tracing.SpanJSON {
	out := tracing.JSONOf(s)
	if w.hidden != "" {
		out.Hide(w.hidden)
	}
	return out
}
