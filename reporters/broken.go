package reporters

import "context"

// Broken returns a Sender that takes nothing and says err: what New(addr) of
// a format returns a Pusher of when the address is bad. So a mistake in one
// address is reported by the collector and stops nobody else.
func Broken(err error) Sender { return broken{err} }

type broken struct{ err error }

func (s broken) Send(context.Context, []byte, int) error { return s.err }
func (s broken) Flush(context.Context) error             { return s.err }
func (s broken) Close(context.Context) error             { return nil }
