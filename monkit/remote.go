package monkit

import (
	"context"
	"math/rand/v2"
)

// RemoteTrace begins a run that a span with parentId, in another process,
// called. It is a root here. A nil trace is that of ctx, or a new one.
func (f *Func) RemoteTrace(ctx *context.Context, parentId int64, trace *Trace, args ...interface{}) func(*error) {
	inner, local := outside(ctx)
	switch {
	case trace == nil && local != nil:
		trace = local.Trace()
	case trace == nil:
		trace = NewTrace128(rand.Uint64(), NewId())
	}
	s := &Span{Context: inner, fn: f}
	s.root = s
	s.more.Store(&spanMore{remoteID: parentId, hasRemote: true})
	s.rest().trace.Store(trace)
	f.announce(trace, f.scope.registry.watchers.list())
	s.count(1)
	s.begin(ctx, nil, args)
	return func(errptr *error) { s.close(errptr, recover()) }
}

// ResetTrace begins a run that is a trace of its own, whatever ctx is part
// of.
func (f *Func) ResetTrace(ctx *context.Context, args ...interface{}) func(*error) {
	inner, _ := outside(ctx)
	s := f.openTrace(ctx, inner, args)
	return func(errptr *error) { s.close(errptr, recover()) }
}

// outside returns the context that a root in ctx wraps, and the span it is
// in, nil if there is none.
func outside(ctx *context.Context) (inner context.Context, local *Span) {
	if ctx == nil || *ctx == nil {
		return context.Background(), nil
	}
	if s, ok := (*ctx).(*Span); ok {
		return s.Context, s
	}
	return *ctx, SpanFromCtx(*ctx)
}
