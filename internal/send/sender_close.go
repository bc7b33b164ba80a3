package send

import (
	"context"
	"fmt"
	"time"
)

// joinTime is how long Close waits for run after ctx has ended.
const joinTime = 100 * time.Millisecond

// Close flushes until ctx ends, drops the lines that are left with reason
// closed, and joins the goroutine. A payload that waits for a retry is sent at
// once, unless the peer asked for the wait. Later calls wait for the first, or
// until their ctx ends, and return its error.
func (s *Sender) Close(ctx context.Context) error {
	s.mu.Lock()
	first := !s.closing
	s.closing, s.skipBackoff = true, true
	s.wake()
	s.mu.Unlock()
	if first {
		s.shutDown(ctx)
	}
	select {
	case <-s.closed:
	case <-ctx.Done():
		select {
		case <-s.closed:
		default:
			return s.pendingError("pending in another Close", ctx.Err())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closeErr
}

// shutDown is the work of the first Close.
func (s *Sender) shutDown(ctx context.Context) {
	defer close(s.closed)
	err := s.Flush(ctx)
	s.mu.Lock()
	dropped := s.queue.abandon()
	if dropped > 0 {
		err = s.linesErrorLocked(dropped, "dropped", ctx.Err())
	}
	s.closeErr = err
	s.notifyLocked()
	s.mu.Unlock()
	if dropped > 0 {
		s.log.Warn("closed before all lines were sent", "destination", s.opts.Name, "dropped", dropped)
	}
	if err == nil {
		s.joinGracefully(ctx)
	}
	s.abortAndJoin()
}

// joinGracefully waits until run has returned, or ctx ends. Until then the
// transport may close its connection in order.
func (s *Sender) joinGracefully(ctx context.Context) {
	s.stop()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
}

// abortAndJoin ends the calls that the transport blocks in, and waits until run
// has returned. It does not wait longer than joinTime for a transport that
// ignores its context: run then returns when the transport does.
func (s *Sender) abortAndJoin() {
	s.stop()
	if a, ok := s.transport.(aborter); ok {
		a.Abort()
	}
	select {
	case <-s.done:
	case <-time.After(joinTime):
	}
}

func (s *Sender) pendingError(state string, ctxErr error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.linesErrorLocked(s.queue.pending, state, ctxErr)
}

// linesErrorLocked returns an error for lines that were not delivered before
// ctx ended. It wraps the error of ctx and the last failure.
func (s *Sender) linesErrorLocked(lines int64, state string, ctxErr error) error {
	name, last := s.opts.Name, s.health.last
	if last == nil {
		return fmt.Errorf("send to %s: %d lines %s: %w", name, lines, state, ctxErr)
	}
	return fmt.Errorf("send to %s: %d lines %s: %w (last failure: %w)", name, lines, state, ctxErr, last)
}
