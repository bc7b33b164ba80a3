package monkitslog

import (
	"context"
	"log/slog"
	"slices"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// The keys of what is added.
const (
	TraceKey = "trace_id"
	SpanKey  = "span_id"
)

// Handler is a slog.Handler that adds the ids of the context's span to what it
// hands on. For records that get ids, slog.LogValuers that a logger With
// groups holds are asked at every record. A key that is at the root already is
// not added: of two that are the same many readers of JSON want neither.
type Handler struct {
	all   slog.Handler // was told every With and WithGroup: for records without a span
	root  slog.Handler // was told those before the first group
	has   keys         // what root was told
	group *group       // the innermost, nil if none
}

// keys is which of the two are there.
type keys struct{ trace, span bool }

func (k *keys) note(a slog.Attr) {
	k.trace = k.trace || a.Key == TraceKey
	k.span = k.span || a.Key == SpanKey
}

// group is one that a logger has opened, and what it has in it.
type group struct {
	outer *group
	name  string
	attrs []slog.Attr // never changed
}

var _ slog.Handler = (*Handler)(nil)

// New returns a Handler that hands records on to next.
func New(next slog.Handler) *Handler { return &Handler{all: next, root: next} }

// Enabled asks the handler that records are handed on to.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.all.Enabled(ctx, level)
}

// WithAttrs returns a Handler whose records have attrs too.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	all := h.all.WithAttrs(attrs)
	if h.group == nil {
		has := h.has
		for _, a := range attrs {
			has.note(a)
		}
		return &Handler{all: all, root: all, has: has}
	}
	g := *h.group
	g.attrs = slices.Concat(g.attrs, attrs)
	return &Handler{all: all, root: h.root, has: h.has, group: &g}
}

// WithGroup returns a Handler that puts what comes into the group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &Handler{all: h.all.WithGroup(name), root: h.root, has: h.has, group: &group{outer: h.group, name: name}}
}

// Handle hands r on, with ids if ctx has a span.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	s := monkit.SpanFromCtx(ctx)
	if s == nil {
		return h.all.Handle(ctx, r)
	}
	has := h.has
	if h.group == nil {
		r = r.Clone()
		r.Attrs(func(a slog.Attr) bool { has.note(a); return true })
	} else {
		// What the groups were made of went into all, behind the root. So they
		// are made again, as attributes.
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

// enclose returns r with its attributes in g, and g in those around it.
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
