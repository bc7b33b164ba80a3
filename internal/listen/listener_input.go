package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// input is how a listener gets datagrams, or connections, from its socket.
type input struct {
	what string // in logs: what once does, as in "accepting connections"
	verb string // in errors: what failed, before the listener's name

	once      func() error // gets what is next; blocks
	interrupt func()       // makes a blocked once return
	drain     func() error // is once after the interrupt; fails when nothing is left
}

// runAndDrain repeats in.once until ctx ends, and then in.drain until nothing is
// left or drainTime is over.
func (l *Listener) runAndDrain(ctx context.Context, in input) error {
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		in.interrupt()
	})
	if err := l.repeat(ctx, in); err != nil {
		if !stop() {
			<-interrupted
		}
		return err
	}
	<-interrupted // or its deadline would cut the draining short
	end := time.Now().Add(drainTime)
	for in.drain() == nil && time.Now().Before(end) {
	}
	return nil
}

// repeat calls in.once until ctx ends, which is no error, or the socket is
// closed. Other failures, such as too few file descriptors, are counted, logged
// and retried.
func (l *Listener) repeat(ctx context.Context, in input) error {
	r := retrier{log: l.opts.Logger.With("listener", l.name), what: in.what}
	for {
		err := in.once()
		switch {
		case err == nil:
			r.succeeded()
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("%s %s: %w", in.verb, l.name, err)
		default:
			l.counts.errors.Add(1)
			r.failed(ctx, err)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}
