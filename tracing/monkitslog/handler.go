package monkitslog

import (
	"context"
	"log/slog"
	"slices"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// The keys of the added attributes.
const (
	TraceKey = "trace_id"
	SpanKey  = "span_id"
)

// Handler is a slog.Handler that adds the ids of the span in the context to
// records, and forwards them to another handler. It does not add a key that is
// at the root already, because many JSON readers reject duplicate keys.
//
// If a logger has groups, the slog.LogValuers of their attributes are resolved
// for each record that gets ids, rather than once.
//
// A Handler is immutable.
type Handler struct {
	full  slog.Handler // has all attributes and groups; for records without a span
	root  slog.Handler // has the attributes before the first group
	has   keys         // of root
	group *group       // the innermost group of full, nil if there is none
}

// keys records which of TraceKey and SpanKey are present.
type keys struct{ trace, span bool }

func (k *keys) note(a slog.Attr) {
	k.trace = k.trace || a.Key == TraceKey
	k.span = k.span || a.Key == SpanKey
}

// group is an open group of a logger, with its attributes.
type group struct {
	outer *group
	name  string
	attrs []slog.Attr // immutable
}

var _ slog.Handler = (*Handler)(nil)

// New returns a Handler that forwards records to next.
func New(next slog.Handler) *Handler { return &Handler{full: next, root: next} }

// Enabled reports whether the next handler is enabled.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.full.Enabled(ctx, level)
}

// WithAttrs returns a Handler that adds attrs to records.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	full := h.full.WithAttrs(attrs)
	if h.group == nil {
		has := h.has
		for _, a := range attrs {
			has.note(a)
		}
		return &Handler{full: full, root: full, has: has}
	}
	g := *h.group
	g.attrs = slices.Concat(g.attrs, attrs)
	return &Handler{full: full, root: h.root, has: h.has, group: &g}
}

// WithGroup returns a Handler that puts all later attributes into the group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &Handler{full: h.full.WithGroup(name), root: h.root, has: h.has, group: &group{outer: h.group, name: name}}
}

// Handle forwards r, with ids if ctx has a span.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	s := monkit.SpanFromCtx(ctx)
	if s == nil {
		return h.full.Handle(ctx, r)
	}
	has := h.has
	if h.group == nil {
		r = r.Clone()
		r.Attrs(func(a slog.Attr) bool { has.note(a); return true })
	} else {
		// The ids belong beside the groups, but full would add them inside. So
		// root gets the groups as attributes.
		r = h.group.enclose(r)
	}
	if !has.trace {
		r.AddAttrs(slog.String(TraceKey, tracing.TraceID(s.Trace())))
	}
	if !has.span {
		r.AddAttrs(slog.String(SpanKey, tracing.SpanID(s.Id())))
	}
	return h.root.Handle(ctx, r)
}

// enclose returns r with its attributes in g, and g in its outer groups.
func (g *group) enclose(r slog.Record) slog.Record {
	attrs := make([]slog.Attr, 0, len(g.attrs)+r.NumAttrs())
	attrs = append(attrs, g.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	for ; g.outer != nil; g = g.outer {
		attrs = append(slices.Clip(g.outer.attrs), slog.Attr{Key: g.name, Value: slog.GroupValue(attrs...)})
	}
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	out.AddAttrs(slog.Attr{Key: g.name, Value: slog.GroupValue(attrs...)})
	return out
}
