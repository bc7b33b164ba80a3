package monkit

import "context"

// Start begins a run of the calling function and gives ctx its span. It is
// Task for functions that are called so often that nanoseconds count:
//
//	defer mon.Start(&ctx).Finish(&err)
func (s *Scope) Start(ctx *context.Context, args ...interface{}) *Span {
	return s.openHere(ctx, args)
}

// openHere begins a run of the function two frames above.
//
//go:noinline
func (s *Scope) openHere(ctx *context.Context, args []interface{}) *Span {
	site := s.sites.at(returnPC())
	if site == nil || site.shared {
		site = s.sites.locate(returnPC(), callerPC(2))
	}
	return s.funcAt(site, nil).open(ctx, args)
}

// Finish ends the run. It must be the deferred call itself, to see panics,
// which it counts and passes on. Only the first Finish counts.
func (s *Span) Finish(errptr *error) { s.close(errptr, recover()) }
